"""Defocus, motion, tone and sensor, for renderings of sharp photographs."""

import cv2
import numpy as np
from scipy.signal import fftconvolve

GAMMA = 2.2


def disk(radius):
    """The kernel of a lens out of focus, four times supersampled."""
    side, fine = int(np.ceil(radius)) + 1, 4
    at = np.arange(-side - 0.5 + 0.5 / fine, side + 0.5, 1 / fine)
    inside = np.hypot(at[:, None], at) <= radius
    kernel = inside.reshape(2 * side + 1, fine, 2 * side + 1, fine).sum((1, 3))
    return kernel / kernel.sum()


def trace(x, y, weight):
    """The kernel of a path of points, each shared by the four pixels around."""
    side = int(np.ceil(max(np.abs(x).max(), np.abs(y).max()))) + 2
    kernel = np.zeros((2 * side + 1, 2 * side + 1))
    for x, y, weight in zip(x + side, y + side, weight):
        i, j = int(y), int(x)
        fy, fx = y - i, x - j
        kernel[i, j] += weight * (1 - fy) * (1 - fx)
        kernel[i + 1, j] += weight * fy * (1 - fx)
        kernel[i, j + 1] += weight * (1 - fy) * fx
        kernel[i + 1, j + 1] += weight * fy * fx
    return kernel / kernel.sum()


def shake(rng, length, curved):
    """A hand's shake over about `length` pixels, in any direction."""
    angle = rng.uniform(0, np.pi)
    t = np.linspace(-0.5, 0.5, 200)
    x, y = t * length * np.cos(angle), t * length * np.sin(angle)
    if curved:
        bow, wave = rng.normal(0, 0.25) * length, rng.normal(0, 0.12) * length
        phase, periods = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 2)
        off = bow * (4 * t * t - 1 / 3) + wave * np.sin(2 * np.pi * t * periods + phase)
        x, y = x - off * np.sin(angle), y + off * np.cos(angle)
    speed = np.exp(rng.normal(0, 0.5) * np.cos(np.linspace(0, rng.uniform(1, 9), len(t))))
    return trace(x, y, speed)


def streak(rng, length):
    """What follows a moving subject leaves of the background: a level streak."""
    angle = rng.normal(0, 0.15)
    t = np.linspace(-0.5, 0.5, 200) * length
    return trace(t * np.cos(angle), t * np.sin(angle), np.ones(len(t)))


def blur(rng, shortest, longest, least, most):
    """Defocus (radius from `least` to `most`) or, twice as often, shake."""
    if rng.random() < 0.35:
        return disk(rng.uniform(least, most)), "disk"
    length = np.exp(rng.uniform(np.log(shortest), np.log(longest)))
    return shake(rng, length, rng.random() < 0.8), "motion"


def convolve(grey, kernel, boost=1.0):
    """In linear light; highlights were up to `boost` times as bright as white."""
    light = (np.clip(grey, 0, 255) / 255) ** GAMMA
    light = light * (1 + (boost - 1) * np.clip((grey - 235) / 20, 0, 1))
    half = kernel.shape[0] // 2
    light = fftconvolve(np.pad(light, half, mode="reflect"), kernel, mode="valid")
    return 255 * np.clip(light, 0, 1) ** (1 / GAMMA)


def boost(rng, most):
    """Brightness of clipped highlights, for about half of the pictures."""
    return np.exp(rng.uniform(0, most)) if rng.random() < 0.6 else 1.0


def scaled(grey, factor, aspect=1.0):
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(grey, None, fx=factor, fy=factor * aspect, interpolation=how)


def graded(grey, rng):
    """Another exposure and contrast, for half of the pictures."""
    if rng.random() >= 0.5:
        return grey
    gamma, gain = np.exp(rng.normal(0, 0.25)), np.exp(rng.normal(0, 0.2))
    return 255 * np.clip(grey / 255 * gain, 0, 1) ** gamma


def noisy(grey, rng, sigma):
    return grey + rng.normal(0, 1, grey.shape) * sigma


def developed(grey, rng, sigma, sharpening):
    """Noise, and what a camera does about it and about softness."""
    grey = noisy(grey, rng, sigma)
    if sigma:
        grey = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.45, 0.9))
    if sharpening:
        soft = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.8, 1.5))
        grey = grey + sharpening * (grey - soft)
    return grey


def mood(grey, rng, kind):
    x = np.clip(grey, 0, 255) / 255
    if kind == "lowkey":
        return 255 * x ** rng.uniform(1, 1.8) * rng.uniform(0.08, 0.4)
    if kind == "highkey":
        shade = (1 - x) ** rng.uniform(1, 1.6) * rng.uniform(0.25, 0.6)
        return 255 * np.clip(1 - shade + rng.uniform(0, 0.08), 0, 1)
    if kind == "fog":
        contrast = rng.uniform(0.15, 0.4)
        return 255 * (x * contrast + rng.uniform(0.3, 0.85 - contrast))
    assert kind == "silhouette"
    sky = np.percentile(x, rng.uniform(35, 65))
    sky = 1 / (1 + np.exp(-(x - sky) * rng.uniform(20, 60)))
    return 255 * (sky * (0.55 + 0.45 * x) + (1 - sky) * x * 0.12)


def spot(shape, rng, least, most):
    """An oval that covers `least` to `most` of the picture, with a soft rim."""
    height, width = shape
    cy, cx = rng.uniform(0.25, 0.75) * height, rng.uniform(0.25, 0.75) * width
    aspect = np.exp(rng.normal(0, 0.35))
    radius = np.sqrt(rng.uniform(least, most) * height * width / np.pi)
    y, x = np.mgrid[0:height, 0:width]
    return np.clip(0.5 - (np.hypot((x - cx) * aspect, (y - cy) / aspect) - radius) / 12, 0, 1)


def leaves(rng, height, width):
    """Dead leaves with some texture: a picture without a photograph."""
    grey = np.full((height, width), rng.uniform(40, 200))
    for _ in range(rng.integers(20, 400)):
        radius = min(height, width) * 0.5 * np.exp(-rng.exponential(1.2))
        cy, cx = rng.uniform(0, height), rng.uniform(0, width)
        level = float(np.clip(rng.normal(128, 60), 5, 250))
        if rng.integers(3) == 0:
            at = (int(cx * 8), int(cy * 8))
            cv2.circle(grey, at, int(radius * 8), level, -1, cv2.LINE_8, 3)
            continue
        corners = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 7))) + rng.uniform(0, 2 * np.pi)
        corners = np.stack([cx + radius * np.cos(corners), cy + radius * np.sin(corners)], 1)
        cv2.fillPoly(grey, [np.rint(corners).astype(np.int32)], level)
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)
    spectrum = np.fft.fft2(rng.normal(0, 1, (height, width)))
    spectrum /= np.maximum(np.hypot(fy, fx), 1 / max(height, width)) ** rng.uniform(0.8, 1.4)
    texture = np.real(np.fft.ifft2(spectrum))
    grey = grey + texture / texture.std() * rng.choice([0, 2, 6, 14])
    grey = grey + (np.arange(height)[:, None] / height - 0.5) * rng.uniform(-60, 60)
    return cv2.GaussianBlur(np.clip(grey, 0, 255), (0, 0), rng.uniform(0.4, 0.75))
