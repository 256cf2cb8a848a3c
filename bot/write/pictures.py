"""Makes a picture that a member posted fit for a model: small, still, and without its metadata. `shrunk` is pure, but
may take a second and MOST_MEMORY, so it runs in a thread, and for one picture at a time.

Re-encoding removes EXIF (where and with what a photo was taken), comments and anything hidden behind the picture.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TypeVar

from PIL import Image, ImageOps

from bot.write.models.chat import ImagePart

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")  # decoders that are tried: what people post, none that runs programs
MOST_MEMORY = 200_000_000  # of memory while a picture is decoded; a bomb needs more
NEEDS = {"JPEG": 4, "PNG": 8, "GIF": 8, "BMP": 8, "WEBP": 16}
"""Bytes of memory for each pixel, as measured: a JPEG is decoded at a smaller size, the others at full size and then
with their transparency multiplied in; WebP's decoder keeps two frames."""
NEEDS_PROGRESSIVE = 8  # a progressive JPEG is kept whole until its last scan: two bytes a value, up to four values
SIDE = 1024  # pixels of the longer side: text of a screenshot is legible, and models cut larger pictures up anyway
QUALITY = 85  # of JPEG, 1 to 95: Pillow's documentation advises no more than 95; a picture takes about 150 kB

T = TypeVar("T")
_TURN = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")


async def in_turn(work: Callable[[bytes], T], data: bytes) -> T:
    """Runs `work` in a thread, after all others that were asked for here: one picture at a time is in memory."""
    return await asyncio.get_running_loop().run_in_executor(_TURN, work, data)


def shrunk(data: bytes) -> ImagePart | None:
    """The picture as a JPEG of at most SIDE pixels; of an animated one the first frame. None if it is none that can be
    read, or needs more than MOST_MEMORY."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:  # reads the size, and decodes nothing yet
            return _encoded(image) if _need(image) <= MOST_MEMORY else None
    # decoders raise these about broken data, and a few more about hostile data
    except (OSError, ValueError, SyntaxError, ArithmeticError, LookupError, TypeError, EOFError, MemoryError):
        return None
    except (Image.DecompressionBombError, Warning):  # warnings are errors where Python is told so
        return None


def _need(image: Image.Image) -> int:
    """The bytes of memory that decoding takes at most."""
    each = NEEDS_PROGRESSIVE if "progressive" in image.info else NEEDS[image.format or "WEBP"]
    return image.width * image.height * each


def _encoded(image: Image.Image) -> ImagePart:
    image.draft("RGB", (SIDE, SIDE))  # a JPEG is decoded at half or a quarter of its size, if that is enough
    image.thumbnail((SIDE, SIDE))
    clear = ImageOps.exif_transpose(image).convert("RGBA")
    page = Image.new("RGB", clear.size, "white")  # what is transparent would become black
    page.paste(clear, mask=clear.getchannel("A"))
    out = BytesIO()
    page.save(out, "JPEG", quality=QUALITY)
    return ImagePart(out.getvalue(), "image/jpeg")
