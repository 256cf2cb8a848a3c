"""Makes a picture that a member posted fit for a model: small, still, and without its metadata. Pure, but slow: up to
half a second, so it is run in a thread.

Re-encoding removes EXIF (where and with what a photo was taken), comments and anything hidden behind the picture.
"""

from io import BytesIO

from PIL import Image, ImageOps

from bot.write.models.chat import ImagePart

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")  # decoders that are tried: what people post, none that runs programs
MOST_PIXELS = 50_000_000  # of a 50-megapixel camera: 200 MB while it is decoded; a bomb has more
SIDE = 1024  # pixels of the longer side: text of a screenshot is legible, and models cut larger pictures up anyway
QUALITY = 85  # of JPEG, 1 to 95: Pillow's documentation advises no more than 95; a picture takes about 150 kB


def shrunk(data: bytes) -> ImagePart | None:
    """The picture as a JPEG of at most SIDE pixels; of an animated one the first frame. None if it is none that can be
    read, or has more than MOST_PIXELS."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:  # reads the size, and decodes nothing yet
            return None if image.width * image.height > MOST_PIXELS else _encoded(image)
    # decoders raise these about broken data, and a few more about hostile data
    except (OSError, ValueError, SyntaxError, ArithmeticError, LookupError, TypeError, EOFError, MemoryError):
        return None
    except (Image.DecompressionBombError, Warning):  # warnings are errors where Python is told so
        return None


def _encoded(image: Image.Image) -> ImagePart:
    image.draft("RGB", (SIDE, SIDE))  # a JPEG is decoded at half or a quarter of its size, if that is enough
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((SIDE, SIDE))
    clear = upright.convert("RGBA")
    page = Image.new("RGB", clear.size, "white")  # what is transparent would become black
    page.paste(clear, mask=clear.getchannel("A"))
    out = BytesIO()
    page.save(out, "JPEG", quality=QUALITY)
    return ImagePart(out.getvalue(), "image/jpeg")
