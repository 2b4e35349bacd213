"""Pictures are private files, one a video, whatever its id."""

from __future__ import annotations

from pathlib import Path

from shortlist.store.pictures import Pictures


def test_a_picture_is_replaced_and_removed(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path)
    assert pictures.get("../../etc/passwd") is None
    pictures.put("../../etc/passwd", b"first")
    pictures.put("../../etc/passwd", b"second")
    file = pictures.get("../../etc/passwd")
    assert file is not None
    assert file.read_bytes() == b"second"
    assert file.parent == tmp_path / "pictures"
    assert [oct(path.stat().st_mode)[-3:] for path in (file, file.parent)] == ["600", "700"]
    pictures.remove("../../etc/passwd")
    pictures.remove("none")
    assert not list(file.parent.iterdir())
