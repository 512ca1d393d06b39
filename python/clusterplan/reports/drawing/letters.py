"""How wide texts are, so that boxes fit them: the widths of Helvetica, which its look-alikes share."""

from __future__ import annotations

# Thousandths of the size, of the characters from space to tilde (Adobe's metrics of Helvetica).
_FIRST = 32
_WIDTHS = (
    (278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278)
    + (556,) * 10
    + (278, 278, 584, 584, 584, 556, 1015)
    + (667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667)
    + (944, 667, 667, 611, 278, 278, 278, 469, 556, 333)
    + (556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500)
    + (722, 500, 500, 500, 334, 260, 334, 584)
)
_OTHER = 600
_WIDE = 1000  # of scripts whose letters fill a square
_BOLD = 1.07
_UNITS = ("us", "GB/s", "TB/s", "Gb/s")


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a text in pixels.

    Example:
        >>> round(text_width("spine", 10), 2)
        23.9
    """
    total = 0
    for letter in text:
        place = ord(letter) - _FIRST
        total += _WIDTHS[place] if 0 <= place < len(_WIDTHS) else _WIDE if ord(letter) > 0x2E80 else _OTHER
    return total / 1000 * size * (_BOLD if bold else 1.0)


def fitted(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """The text, or as much of it as fits the width with ``..`` behind it.

    Example:
        >>> fitted("aggregation 12", 200, 12), fitted("aggregation 12", 50, 12)
        ('aggregation 12', 'aggreg..')
    """
    if text_width(text, size, bold=bold) <= width:
        return text
    while text and text_width(text + "..", size, bold=bold) > width:
        text = text[:-1]
    return text.rstrip() + ".." if text else ""


def broken(text: str, width: float, size: float) -> list[str]:
    """The text in lines of at most this width, broken between words."""
    lines: list[str] = []
    for word in _words(text):
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(fitted(word, width, size))
    return lines


def _words(text: str) -> list[str]:
    """The words of a text; a number stays with its unit."""
    words: list[str] = []
    for word in text.split():
        if words and word.rstrip(",;") in _UNITS and words[-1][-1].isdigit():
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words
