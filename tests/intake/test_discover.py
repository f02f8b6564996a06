"""Recordings are found under files, folders and globs; what nobody claims is told with the bids."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import volant
from volant.core import Bid, Episode, Reading
from volant.core.errors import BadValue, Damaged, Hostile, NotFound, UnknownFormat
from volant.intake import bids, discover


class Ends:
    """Claims files with an ending."""

    version, writes, loses = "1", False, ()

    def __init__(self, name: str, ending: str, score: float = 0.9) -> None:
        self.name, self.ending, self.score = name, ending, score

    def bid(self, path: Path) -> Bid:
        if path.name == "broken.b":
            raise Damaged("it is broken")
        return (
            Bid(self.score, f"ends in {self.ending}") if path.name.endswith(self.ending) else Bid(0.0, "other ending")
        )

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        yield Episode(())


FORMATS = {
    "a": Ends("a", ".a"),
    "b": Ends("b", ".b"),
    "folder": Ends("folder", "_set"),
    "weak": Ends("weak", ".a", 0.6),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "deep" / "one_set").mkdir(parents=True)
    for name in ("x.a", "y.b", "deep/z.a", "deep/one_set/inside.a", "notes.txt", ".hidden.a"):
        (tmp_path / name).write_text("")
    return tmp_path


def test_the_highest_bid_takes_it_and_sets_are_not_opened(tree: Path) -> None:
    found = discover([tree], FORMATS)
    assert [(f.path.name, f.format) for f in found.found] == [
        ("one_set", "folder"),
        ("z.a", "a"),
        ("x.a", "a"),
        ("y.b", "b"),
    ]
    assert [path.name for path in found.ignored] == ["notes.txt"]
    assert found.found[0].uri.startswith("file://")


def test_what_nobody_claims_in_a_glob_is_told_as_in_a_folder(tree: Path) -> None:
    found = discover([tree / "*"], FORMATS)
    assert [one.path.name for one in found.found] == ["one_set", "z.a", "x.a", "y.b"]
    assert [path.name for path in found.ignored] == ["notes.txt"]
    with pytest.raises(UnknownFormat, match=r"\*\.txt"):
        discover([tree / "*.txt"], FORMATS)


def test_globs_and_doubles(tree: Path) -> None:
    found = discover([tree / "*.a", tree / "x.a"], FORMATS)
    assert [f.path.name for f in found.found] == ["x.a"]


def test_named_files_that_nobody_claims_are_refused_with_the_bids(tree: Path) -> None:
    with pytest.raises(UnknownFormat, match=r"other ending") as refused:
        discover([tree / "notes.txt"], FORMATS)
    assert "--format" in str(refused.value)


def test_absent_paths_are_told_with_near_names(tree: Path) -> None:
    with pytest.raises(NotFound, match="Did you mean 'notes"):
        discover([tree / "note.txt"], FORMATS)
    with pytest.raises(NotFound, match="Known: a, b, folder, weak"):
        discover([tree], FORMATS, "zzz")


def test_a_reader_that_cannot_look_bids_nothing(tree: Path) -> None:
    (tree / "broken.b").write_text("")
    offered = dict(bids(tree / "broken.b", FORMATS))
    assert offered["b"].score == 0
    assert "it is broken" in offered["b"].why


def test_links_in_circles_end(tree: Path) -> None:
    (tree / "deep" / "again").symlink_to(tree, target_is_directory=True)
    assert len(discover([tree], FORMATS).found) == 4


class Folder(Ends):
    """Claims files with an ending, and whole folders that hold one."""

    def bid(self, path: Path) -> Bid:
        if path.is_dir():
            return Bid(0.9 if any(path.glob(f"**/*{self.ending}")) else 0.0, "a folder of them")
        return super().bid(path)


def test_a_folder_of_several_formats_is_not_swallowed_by_one(tree: Path) -> None:
    formats = {"a": Folder("a", ".a"), "b": Ends("b", ".b")}
    assert [(f.path.name, f.format) for f in discover([tree], formats).found] == [
        ("deep", "a"),
        ("x.a", "a"),
        ("y.b", "b"),
    ]
    (tree / "y.b").unlink()
    assert [f.path for f in discover([tree], formats).found] == [tree]


def test_pipes_are_refused_instead_of_waited_for(tree: Path) -> None:
    os.mkfifo(tree / "deep" / "pipe.a")
    for given in (tree, tree / "deep" / "pipe.a"):
        with pytest.raises(Hostile, match="pipe"):
            discover([given], FORMATS)


def test_an_empty_name_is_not_this_folder() -> None:
    with pytest.raises(NotFound, match="empty name"):
        discover([""], FORMATS)


def test_names_that_are_no_text_are_refused_in_text(tree: Path) -> None:
    strange = Path(os.fsdecode(os.fsencode(tree / "deep") + b"/\xff.a"))
    strange.write_text("")
    with pytest.raises(BadValue, match="not UTF-8") as refused:
        discover([tree], FORMATS)
    assert str(refused.value).encode()


def test_patterns_without_end_are_refused(tree: Path) -> None:
    for given in ("**/" * 500, "x" * 5000, "a\0b"):
        with pytest.raises(BadValue, match="no path that can be searched"):
            discover([given], FORMATS)


def test_what_is_no_path_is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    for given in (5, None, ["lake"], "a\0b", "x" * 5000):
        with pytest.raises(BadValue, match="is no path"):
            volant.Lake(given)
    with volant.Lake(tmp_path / "lake") as lake, pytest.raises(BadValue, match="is no path"):
        lake.add(5)
