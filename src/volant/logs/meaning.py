"""What the fields of well-known messages mean: kind and unit, as their own definitions and ROS REP-103 state them."""

from __future__ import annotations

from ..core import UNKNOWN, Kind

__all__ = ["FOXGLOVE", "MEANING", "PICTURES", "VIDEO", "meaning_of"]

_S = Kind.SCALAR

MEANING: dict[tuple[str, str], tuple[Kind, str]] = {
    ("geometry_msgs/Pose", "position"): (Kind.POSE, "m"),
    ("geometry_msgs/Pose", "orientation"): (Kind.POSE, "1"),
    ("geometry_msgs/Transform", "translation"): (Kind.POSE, "m"),
    ("geometry_msgs/Transform", "rotation"): (Kind.POSE, "1"),
    ("geometry_msgs/PoseWithCovariance", "covariance"): (_S, UNKNOWN),
    ("geometry_msgs/TwistWithCovariance", "covariance"): (_S, UNKNOWN),
    ("geometry_msgs/AccelWithCovariance", "covariance"): (_S, UNKNOWN),
    ("geometry_msgs/Twist", "linear"): (Kind.TWIST, "m/s"),
    ("geometry_msgs/Twist", "angular"): (Kind.TWIST, "rad/s"),
    ("geometry_msgs/Accel", "linear"): (_S, "m/s^2"),
    ("geometry_msgs/Accel", "angular"): (_S, "rad/s^2"),
    ("geometry_msgs/Wrench", "force"): (Kind.WRENCH, "N"),
    ("geometry_msgs/Wrench", "torque"): (Kind.WRENCH, "N*m"),
    ("geometry_msgs/PointStamped", "point"): (Kind.POSE, "m"),
    ("geometry_msgs/QuaternionStamped", "quaternion"): (Kind.POSE, "1"),
    ("sensor_msgs/Imu", "orientation"): (Kind.IMU, "1"),
    ("sensor_msgs/Imu", "orientation_covariance"): (_S, UNKNOWN),
    ("sensor_msgs/Imu", "angular_velocity"): (Kind.IMU, "rad/s"),
    ("sensor_msgs/Imu", "angular_velocity_covariance"): (_S, UNKNOWN),
    ("sensor_msgs/Imu", "linear_acceleration"): (Kind.IMU, "m/s^2"),
    ("sensor_msgs/Imu", "linear_acceleration_covariance"): (_S, UNKNOWN),
    ("sensor_msgs/MagneticField", "magnetic_field"): (Kind.IMU, "T"),
    ("sensor_msgs/MagneticField", "magnetic_field_covariance"): (_S, UNKNOWN),
    ("sensor_msgs/LaserScan", "ranges"): (Kind.LIDAR, "m"),
    ("sensor_msgs/LaserScan", "intensities"): (Kind.LIDAR, UNKNOWN),
    ("sensor_msgs/Range", "range"): (Kind.SCALAR, "m"),
    ("sensor_msgs/Temperature", "temperature"): (Kind.SCALAR, "degC"),
    ("sensor_msgs/FluidPressure", "fluid_pressure"): (Kind.SCALAR, "Pa"),
    ("sensor_msgs/RelativeHumidity", "relative_humidity"): (Kind.SCALAR, "1"),
    ("sensor_msgs/Illuminance", "illuminance"): (Kind.SCALAR, "lx"),
    ("sensor_msgs/NavSatFix", "latitude"): (Kind.POSE, "deg"),
    ("sensor_msgs/NavSatFix", "longitude"): (Kind.POSE, "deg"),
    ("sensor_msgs/NavSatFix", "altitude"): (Kind.POSE, "m"),
    ("sensor_msgs/NavSatFix", "position_covariance"): (_S, "m^2"),
    ("sensor_msgs/BatteryState", "voltage"): (Kind.SCALAR, "V"),
    ("sensor_msgs/BatteryState", "temperature"): (Kind.SCALAR, "degC"),
    ("sensor_msgs/BatteryState", "current"): (Kind.SCALAR, "A"),
    ("sensor_msgs/BatteryState", "percentage"): (Kind.SCALAR, "1"),
    ("sensor_msgs/Joy", "axes"): (_S, "1"),
    ("sensor_msgs/Joy", "buttons"): (_S, "1"),
    ("sensor_msgs/PointCloud2", "data"): (Kind.LIDAR, UNKNOWN),
    ("sensor_msgs/PointCloud", "points"): (Kind.LIDAR, "m"),
    ("foxglove.Pose", "position"): (Kind.POSE, "m"),
    ("foxglove.Pose", "orientation"): (Kind.POSE, "1"),
}
"""(message type, field): a signal of its own with that kind and unit. What is not here is numbers of
unknown unit and no kind (``scalar``): nobody said that it is a state, so no check takes it for a body that moves."""

PICTURES = {
    "sensor_msgs/Image": "data",
    "sensor_msgs/CompressedImage": "data",
    "foxglove_msgs/RawImage": "data",
    "foxglove_msgs/CompressedImage": "data",
    "foxglove_msgs/CompressedVideo": "data",
}
"""ROS messages that carry pictures, and the field that holds them."""

FOXGLOVE = ("foxglove.RawImage", "foxglove.CompressedImage", "foxglove.CompressedVideo")
"""The same in Foxglove's own schemas, as Protobuf or JSON."""

VIDEO = ("foxglove_msgs/CompressedVideo", "foxglove.CompressedVideo")
"""Those of them whose pictures depend on each other."""


def meaning_of(owner: tuple[tuple[str, str], ...]) -> tuple[int, Kind, str]:
    """How deep the field lies that gives this place its meaning (0: none does), its kind and unit."""
    for depth in range(len(owner), 0, -1):
        known = MEANING.get(owner[depth - 1])
        if known:
            return depth, *known
    return 0, Kind.SCALAR, UNKNOWN
