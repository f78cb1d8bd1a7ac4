"""What cameras and files do to a picture, each with a level from 0 to 1."""

import cv2
import numpy as np

KINDS = ("defocus", "motion", "noise", "jpeg", "under", "over", "contrast", "cast", "shrunk", "banding", "halo",
         "colour")

# The order in which light, lens, sensor, processing and file act.
_ORDER = ("under", "over", "contrast", "cast", "colour", "defocus", "motion", "noise", "shrunk", "halo", "banding",
          "jpeg")


def recipe(rng: np.random.Generator) -> dict[str, float]:
    """One to three kinds, mostly one, at their full level."""
    count = rng.choice([1, 2, 3], p=[0.55, 0.3, 0.15])
    return {str(kind): float(rng.uniform(0.35, 1.0)) for kind in rng.choice(KINDS, count, replace=False)}


class Degradation:
    """A recipe with its directions and signs drawn once, to be applied at any level:
    the same kind of fault, weaker and stronger."""

    def __init__(self, rng: np.random.Generator, levels: dict[str, float]):
        self.levels = levels
        self.seed = int(rng.integers(1 << 31))

    def vector(self, part: float) -> np.ndarray:
        return np.array([self.levels.get(kind, 0.0) * part for kind in KINDS], np.float32)

    def apply(self, rgb: np.ndarray, part: float) -> np.ndarray:
        """`rgb`: float32 0..1. Returns 8-bit RGB."""
        rng = np.random.default_rng(self.seed)
        file = None
        for kind in _ORDER:
            draw = rng.random(4)
            level = self.levels.get(kind, 0.0) * part
            if level <= 0:
                continue
            if kind == "jpeg":
                file = int(round(92 - 84 * level**0.6))
            else:
                rgb = _APPLY[kind](rgb, level, draw, rng)
        out = np.clip(np.rint(rgb * 255), 0, 255).astype(np.uint8)
        if file is not None:
            done, data = cv2.imencode(".jpg", out[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, file])
            assert done
            out = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
        return out


def _linear(rgb):
    return np.clip(rgb, 0, 1) ** 2.2


def _encoded(light):
    return np.clip(light, 0, 1) ** (1 / 2.2)


def _under(rgb, level, draw, rng):
    light = _linear(rgb) * 2.0 ** (-4.5 * level)
    return _encoded(light + rng.normal(0, 0.002 * level, rgb.shape).astype(np.float32))


def _over(rgb, level, draw, rng):
    return _encoded(_linear(rgb) * 2.0 ** (3.0 * level))


def _contrast(rgb, level, draw, rng):
    """Haze or a flat curve: towards a grey or a veil."""
    veil = 0.25 + 0.6 * draw[0]
    return rgb + (veil - rgb) * np.float32(0.8 * level)


def _cast(rgb, level, draw, rng):
    gains = np.exp((draw[:3] - draw[:3].mean()) * 2 * level).astype(np.float32)
    return _encoded(_linear(rgb) * gains)


def _colour(rgb, level, draw, rng):
    """Washed out or garish."""
    grey = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    factor = 1 - level if draw[0] < 0.5 else 1 + 1.6 * level
    return np.clip(grey[..., None] + (rgb - grey[..., None]) * np.float32(factor), 0, 1)


def _defocus(rgb, level, draw, rng):
    radius = 0.6 + 6.0 * level**1.5
    if draw[0] < 0.4:
        return cv2.GaussianBlur(rgb, (0, 0), radius * 0.6)
    n = int(np.ceil(radius))
    y, x = np.mgrid[-n : n + 1, -n : n + 1]
    disk = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return cv2.filter2D(rgb, -1, disk / disk.sum(), borderType=cv2.BORDER_REFLECT)


def _motion(rgb, level, draw, rng):
    length, angle = 2 + 20 * level**1.3, draw[0] * np.pi
    n = int(np.ceil(length / 2)) + 1
    path = np.zeros((2 * n + 1, 2 * n + 1), np.float32)
    bend = (draw[1] - 0.5) * length * 0.5
    t = np.linspace(-0.5, 0.5, int(8 * length))
    along, across = t * length, bend * (4 * t * t - 0.5)
    x = n + along * np.cos(angle) - across * np.sin(angle)
    y = n + along * np.sin(angle) + across * np.cos(angle)
    np.add.at(path, (np.rint(y).astype(int).clip(0, 2 * n), np.rint(x).astype(int).clip(0, 2 * n)), 1)
    return cv2.filter2D(rgb, -1, path / path.sum(), borderType=cv2.BORDER_REFLECT)


def _noise(rgb, level, draw, rng):
    """More in the light than in the dark, partly common to the colours, often smeared
    by the camera's own demosaicing."""
    h, w, _ = rgb.shape
    noise = rng.standard_normal((h, w, 3), np.float32)
    common = rng.standard_normal((h, w, 1), np.float32)
    noise = noise * np.float32(draw[0]) + common * np.float32(1 - 0.5 * draw[0])
    if draw[1] < 0.6:
        noise = cv2.GaussianBlur(noise, (0, 0), 0.4 + 0.9 * draw[2])
        noise /= noise.std() + 1e-6
    return rgb + noise * (np.float32(0.015 + 0.14 * level**1.5) * np.sqrt(0.2 + np.clip(rgb, 0, 1)))


def _shrunk(rgb, level, draw, rng):
    h, w, _ = rgb.shape
    factor = 1 / (1.2 + 3.8 * level)
    small = cv2.resize(rgb, (max(int(w * factor), 4), max(int(h * factor), 4)), interpolation=cv2.INTER_AREA)
    how = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_CUBIC)[int(draw[0] * 4)]
    return cv2.resize(small, (w, h), interpolation=how)


def _halo(rgb, level, draw, rng):
    soft = cv2.GaussianBlur(rgb, (0, 0), 0.8 + 1.6 * draw[0])
    return np.clip(rgb + (rgb - soft) * np.float32(4 * level), 0, 1)


def _banding(rgb, level, draw, rng):
    levels = 2.0 ** (6 - 4.2 * level)
    return np.rint(rgb * levels) / np.float32(levels)


_APPLY = {"under": _under, "over": _over, "contrast": _contrast, "cast": _cast, "colour": _colour,
          "defocus": _defocus, "motion": _motion, "noise": _noise, "shrunk": _shrunk, "halo": _halo,
          "banding": _banding}
