"""Pictures of Sawyer arms, drawn without a display where EGL or OSMesa exists; refused in words where neither does."""

from __future__ import annotations

import atexit
from dataclasses import replace
from importlib import import_module
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt

from ..core.acting import Bools, Floats, State
from ..core.environment import Environment
from ..core.errors import MissingPart
from ._sawyer import SawyerLanes

__all__ = ["SIDE", "Camera", "Filmed"]

SIDE = 96


class Camera:
    """One camera of a MuJoCo model, that draws any data of it as ``[96, 96, 3]`` RGB."""

    def __init__(self, model: Any, name: str) -> None:
        self._model = model
        self._number = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_CAMERA, name)
        self._glass: Any = _context()
        self._glass.make_current()
        self._scene, self._option = mujoco.MjvScene(model, 1000), mujoco.MjvOption()
        self._view, self._nudge = mujoco.MjvCamera(), mujoco.MjvPerturb()
        self._view.type, self._view.fixedcamid = mujoco.mjtCamera.mjCAMERA_FIXED, self._number
        for costly in (mujoco.mjtRndFlag.mjRND_SHADOW, mujoco.mjtRndFlag.mjRND_REFLECTION):
            self._scene.flags[costly] = 0  # without a graphics card they take nearly all of the time
        model.vis.quality.offsamples = 0
        self._ink = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._ink)
        self._place, self._rect = model.cam_pos[self._number].copy(), mujoco.MjrRect(0, 0, SIDE, SIDE)
        self._closed = False
        atexit.register(self.close)

    def draw(self, data: Any, out: npt.NDArray[np.uint8], away: npt.NDArray[np.float64]) -> None:
        """What the camera sees of a lane, moved by ``away`` (m, its body's frame)."""
        self._glass.make_current()
        self._model.cam_pos[self._number] = self._place + away
        mujoco.mj_camlight(self._model, data)
        everything = mujoco.mjtCatBit.mjCAT_ALL
        mujoco.mjv_updateScene(self._model, data, self._option, self._nudge, self._view, everything, self._scene)
        mujoco.mjr_render(self._rect, self._scene, self._ink)
        upside = np.empty((SIDE, SIDE, 3), np.uint8)
        mujoco.mjr_readPixels(upside, None, self._rect, self._ink)
        out[:] = upside[:, ::-1]  # rows come from below, and the corner's camera hangs upside down

    def close(self) -> None:
        """Give the graphics memory back."""
        atexit.unregister(self.close)
        if not self._closed:
            self._closed = True
            self._glass.make_current()
            self._ink.free()
            self._glass.free()


class Filmed:
    """Sawyer lanes beside a camera: everything that they show, and what it looks like."""

    def __init__(self, task: str, lanes: int) -> None:
        self._arms, self.count = SawyerLanes(task, lanes), lanes
        self._camera = Camera(self._arms.model, "corner2")
        self._image = np.zeros((lanes, SIDE, SIDE, 3), np.uint8)
        self._away = np.zeros((lanes, 3))

    @property
    def state(self) -> State:
        """What all lanes show now."""
        plain = self._arms.state
        return replace(plain, obs={**plain.obs, "observation.image": self._image})

    def reset(self, lane: int, environment: Environment, seed: int) -> None:
        """Place the lane's arm, things and camera."""
        self._arms.reset(lane, environment, seed)
        self._away[lane] = [environment.of_physics(f"camera.{axis}", 0.0) for axis in "xyz"]
        self._draw(lane)

    def step(self, actions: Floats, active: Bools) -> None:
        """One control step and one picture of every active lane."""
        self._arms.step(actions, active)
        for lane in np.flatnonzero(active).tolist():
            self._draw(lane)

    def _draw(self, lane: int) -> None:
        self._camera.draw(self._arms.worn(lane), self._image[lane], self._away[lane])

    def save(self, lane: int) -> object:
        """Everything that decides the lane's future."""
        return self._arms.save(lane), self._image[lane].copy(), self._away[lane].copy()

    def restore(self, lane: int, state: object) -> None:
        """The lane as it was when it was saved."""
        saved: Any = state
        arm, self._image[lane], self._away[lane] = saved
        self._arms.restore(lane, arm)

    def close(self) -> None:
        """Let go of models and graphics memory."""
        self._camera.close()
        self._arms.close()


def _context() -> Any:
    why = []
    for platform in ("egl", "osmesa"):
        try:
            return import_module(f"mujoco.{platform}").GLContext(SIDE, SIDE)
        except (ImportError, RuntimeError, AttributeError, OSError) as error:
            why.append(f"{platform}: {str(error) or type(error).__name__}")
    raise MissingPart(
        f"There is no graphics stack to draw pictures with ({'; '.join(why)}).",
        instead="Without pictures the world metaworld has the same tasks.",
        do="Install EGL (libegl1, libgl1-mesa-dri) or OSMesa (libosmesa6).",
    )
