"""Message definitions: every type that ROS itself ships comes down to numbers and words."""

from volant.logs.definition import SIZES, known_definitions


def test_every_known_type_ends_in_numbers_words_or_other_known_types() -> None:
    known = known_definitions()
    ends = {*SIZES, "string", "wstring", *known}
    strange = {one.type for fields in known.values() for one in fields} - ends
    assert len(known) > 100 and not strange
