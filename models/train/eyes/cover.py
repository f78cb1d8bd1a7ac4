"""What lies before an eye: glasses, through which it is seen, and what hides it."""

import cv2
import numpy as np

from eyes.crop import SIZE

# Drawing with parts of a pixel.
SHIFT = 4


def _at(x: float) -> int:
    return int(round(x * (1 << SHIFT)))


def _lens(rng: np.random.Generator, wide: float, high: float) -> np.ndarray:
    """The outline of a lens about the eye [m, 2], places of the crop: between an
    ellipse and a rectangle, turned a little."""
    angle = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    power = rng.uniform(0.45, 1.0)
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power * wide
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power * high
    y += rng.uniform(-0.15, 0.25) * np.where(y > 0, np.abs(x) * 0.3, 0)
    turn = rng.normal(0, 0.08)
    points = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], 1)
    return points + SIZE / 2 - 0.5 + rng.normal(0, (2.0, 2.0))


def _polygon(points: np.ndarray) -> np.ndarray:
    return np.rint(points * (1 << SHIFT)).astype(np.int32)[None]


def glint(rng: np.random.Generator, crop: np.ndarray, strength: float) -> None:
    """A reflection: a soft bright spot or streak that hides little."""
    layer = np.zeros_like(crop)
    x, y = rng.uniform(2, SIZE - 2, 2)
    axes = (_at(rng.uniform(0.5, 4)), _at(rng.uniform(0.5, 1.6)))
    cv2.ellipse(layer, (_at(x), _at(y)), axes, rng.uniform(0, 180), 0, 360, 1.0, -1, cv2.LINE_AA, SHIFT)
    layer = cv2.GaussianBlur(layer, (0, 0), rng.uniform(0.4, 1.5))
    crop += layer * (255 - crop) * strength


def glasses(rng: np.random.Generator, crop: np.ndarray) -> None:
    """A frame about the eye, which stays to be seen. `crop` float, changed in place."""
    outline = _lens(rng, rng.uniform(13, 24), rng.uniform(9.5, 17))
    colour = float(rng.choice([rng.uniform(0, 60), rng.uniform(60, 220)], p=[0.75, 0.25]))
    layer = np.zeros_like(crop)
    wide = int(rng.integers(1, 4)) if rng.random() < 0.8 else int(rng.integers(3, 6))
    cv2.polylines(layer, _polygon(outline), True, 1.0, wide, cv2.LINE_AA, SHIFT)
    if rng.random() < 0.5:
        layer = cv2.GaussianBlur(layer, (0, 0), rng.uniform(0.4, 1.0))
    alpha = layer * rng.uniform(0.5, 1.0)
    crop += alpha * (colour - crop)
    if rng.random() < 0.3:
        inside = np.zeros_like(crop)
        cv2.fillPoly(inside, _polygon(outline), 1.0, cv2.LINE_AA, SHIFT)
        crop += inside * (crop * rng.uniform(-0.35, 0.05) + rng.uniform(0, 20))
    for _ in range(rng.integers(0, 3)):
        glint(rng, crop, rng.uniform(0.2, 0.7))


def sunglasses(rng: np.random.Generator, crop: np.ndarray) -> None:
    """A dark lens, through which next to nothing is seen."""
    outline = _lens(rng, rng.uniform(13, 25), rng.uniform(10.5, 20))
    inside = np.zeros_like(crop)
    cv2.fillPoly(inside, _polygon(outline), 1.0, cv2.LINE_AA, SHIFT)
    dark = rng.uniform(5, 70)
    y = np.linspace(-1, 1, SIZE)[:, None]
    shade = dark + rng.uniform(-10, 45) * (y * rng.choice([-1, 1]) + 1) / 2
    through = rng.uniform(0, 0.06) * (crop - crop.mean())
    if rng.random() < 0.35:
        # What stands before the wearer, mirrored: large soft patches.
        scene = cv2.resize(rng.uniform(0, 1, (4, 4)).astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
        shade = shade + (scene - 0.5) * rng.uniform(20, 120)
    crop += inside * (shade + through - crop)
    if rng.random() < 0.4:
        layer = np.zeros_like(crop)
        cv2.polylines(layer, _polygon(outline), True, 1.0, int(rng.integers(1, 4)), cv2.LINE_AA, SHIFT)
        crop += layer * (rng.uniform(0, 220) - crop)
    for _ in range(rng.integers(0, 3)):
        glint(rng, crop, rng.uniform(0.3, 1.0))


def patch(rng: np.random.Generator, crop: np.ndarray, other: np.ndarray) -> None:
    """Something of another picture over the eye: a hand, hair, a glass."""
    outline = _lens(rng, rng.uniform(13, 26), rng.uniform(12, 24))
    inside = np.zeros_like(crop)
    cv2.fillPoly(inside, _polygon(outline), 1.0, cv2.LINE_AA, SHIFT)
    inside = cv2.GaussianBlur(inside, (0, 0), rng.uniform(0.3, 1.5))
    crop += inside * (other - crop)


def lashes(rng: np.random.Generator, crop: np.ndarray) -> None:
    """A few thin dark strokes across the middle, as hair or lashes leave them."""
    layer = np.zeros_like(crop)
    for _ in range(rng.integers(1, 5)):
        a = rng.uniform(4, SIZE - 4, 2)
        b = a + rng.normal(0, 6, 2)
        cv2.line(layer, (_at(a[0]), _at(a[1])), (_at(b[0]), _at(b[1])), 1.0, 1, cv2.LINE_AA, SHIFT)
    crop += layer * rng.uniform(0.2, 0.6) * (rng.uniform(0, 60) - crop)
