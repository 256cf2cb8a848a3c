"""Pictures for models: small, still, without metadata; hostile ones are refused."""

import asyncio
import struct
import subprocess
import sys
import threading
import zlib
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.write.pictures import MOST_MEMORY, NEEDS, SIDE, in_turn, shrunk

MOST_PIXELS = MOST_MEMORY // NEEDS["JPEG"]  # in no format more fit

SECRET = b"48.8584N 2.2945E"


def picture(kind: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", color: Any = "red", **more: Any) -> bytes:
    out = BytesIO()
    Image.new(mode, size, color).save(out, kind, **more)
    return out.getvalue()


def read(data: bytes) -> Image.Image:
    part = shrunk(data)
    assert part is not None and part.media_type == "image/jpeg"
    return Image.open(BytesIO(part.data))


def gif() -> bytes:
    frames = [Image.new("RGB", (30, 30), color) for color in ("red", "lime", "blue")]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def with_exif() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()  # description
    exif[0x0112] = 6  # turned by 90 degrees
    exif.get_ifd(0x8825)[1] = "N"
    return picture("JPEG", (60, 40), exif=exif, comment=SECRET)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    packed = (struct.pack(">I", len(c)) + t + c + struct.pack(">I", zlib.crc32(t + c)) for t, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP"])
@pytest.mark.parametrize("size", [(1, 1), (60, 40), (SIDE, SIDE), (5000, 10), (3000, 2000)])
def test_a_picture_is_made_small_and_keeps_its_shape(kind: str, size: tuple[int, int]) -> None:
    image = read(picture(kind, size))
    assert image.format == "JPEG" and max(image.size) == min(max(size), SIDE)
    assert image.size[0] / size[0] == pytest.approx(image.size[1] / size[1], abs=0.1)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_every_mode_of_colours_is_read(mode: str) -> None:
    assert read(picture("TIFF" if mode == "CMYK" else "PNG", mode=mode, color=1) if mode != "CMYK" else picture(
        "JPEG", mode="CMYK", color=(0, 0, 0, 0))).mode == "RGB"  # fmt: skip


def test_what_is_transparent_is_white() -> None:
    assert read(picture("PNG", mode="RGBA", color=(0, 0, 0, 0))).getpixel((5, 5)) == (255, 255, 255)


def test_of_an_animated_picture_the_first_frame_is_shown() -> None:
    image = read(gif())
    color = image.getpixel((15, 15))
    assert getattr(image, "n_frames", 1) == 1 and isinstance(color, tuple) and color[0] > 200 > color[2]


def test_metadata_is_removed_and_the_picture_stands_upright() -> None:
    data = with_exif()
    assert SECRET in data
    image, part = read(data), shrunk(data)
    assert part is not None and SECRET not in part.data and not image.getexif() and "comment" not in image.info
    assert image.size == (40, 60)


def test_what_is_hidden_behind_a_picture_is_removed() -> None:
    part = shrunk(picture("PNG") + b"PK\x03\x04" + SECRET)
    assert part is not None and SECRET not in part.data


@pytest.mark.parametrize("size", [(30_000, 30_000), (MOST_PIXELS + 1, 1), (1, MOST_PIXELS + 1), (2**31 - 1, 2**31 - 1)])
def test_bombs_are_refused_before_they_are_decoded(size: tuple[int, int]) -> None:
    assert shrunk(bomb(*size)) is None


MEASURE = """
import re, sys
from bot.write.pictures import shrunk
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) * 1024
data, before = sys.stdin.buffer.read(), peak()
print(shrunk(data) is not None, peak() - before)
"""
LARGE = {  # just as many pixels as each may have; drawn by the test, for one takes up to 200 MB while it is drawn
    "RGBA": partial(picture, "PNG", (5000, 4999), "RGBA", (1, 2, 3, 0)),
    "WebP": partial(picture, "WEBP", (3530, 3530), "RGBA", (1, 2, 3, 0), lossless=True, method=0),
    "progressive": partial(picture, "JPEG", (5000, 4999), "CMYK", (1, 2, 3, 0), progressive=True),
    "camera": partial(picture, "JPEG", (7070, 7070)),
}


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
@pytest.mark.parametrize("name", LARGE)
def test_the_largest_pictures_stay_within_their_memory(name: str) -> None:
    ran = subprocess.run([sys.executable, "-c", MEASURE], input=LARGE[name](), capture_output=True, check=True)
    is_read, peak = ran.stdout.split()
    assert is_read == b"True" and int(peak) < MOST_MEMORY * 1.25


TOO_LARGE = {
    "PNG": partial(picture, "PNG", (7000, 7100), "RGBA", 0),
    "WebP": partial(picture, "WEBP", (5000, 4990), method=0),
    "progressive": partial(picture, "JPEG", (7000, 7100), progressive=True),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_takes_more_memory_may_have_fewer_pixels(name: str) -> None:
    assert shrunk(TOO_LARGE[name]()) is None


async def test_of_many_pictures_one_at_a_time_is_read() -> None:
    alone = threading.Lock()

    def read(data: bytes) -> bytes:
        assert alone.acquire(blocking=False)
        threading.Event().wait(0.01)
        alone.release()
        return data

    assert await asyncio.gather(*(in_turn(read, bytes([n])) for n in range(8))) == [bytes([n]) for n in range(8)]


WHOLE = picture("PNG")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1/"/></svg>'
PS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(ls) run"
REFUSED = [b"", b"hello", WHOLE[:40], WHOLE[:80], gif()[:20], SVG, PS, b"\xff\xd8\xff" + b"\0" * 99,
           picture("TIFF")]  # fmt: skip


@pytest.mark.parametrize("data", REFUSED)
def test_what_is_broken_or_of_another_kind_is_refused(data: bytes) -> None:
    assert shrunk(data) is None


@given(st.sampled_from([WHOLE, with_exif(), gif(), picture("WEBP"), picture("BMP")]), st.data())
@settings(max_examples=150, deadline=None)
def test_no_change_of_bytes_raises(data: bytes, how: st.DataObject) -> None:
    changed = bytearray(data)
    for _ in range(how.draw(st.integers(1, 8))):
        changed[how.draw(st.integers(0, len(data) - 1))] = how.draw(st.integers(0, 255))
    part = shrunk(bytes(changed))
    assert part is None or Image.open(BytesIO(part.data)).format == "JPEG"


@given(st.binary(max_size=300))
@example(b"GIF89a\xff\xff\xff\xff\0\0\0")
def test_any_bytes_are_taken(data: bytes) -> None:
    shrunk(data)
