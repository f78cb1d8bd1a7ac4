//! Marker segments: a checked view of the bytes, and what they mean.
//!
//! In comes the payload of one segment (without marker and length); out goes
//! its meaning, or `None` if the bytes contradict ITU-T T.81 annex B. Nothing
//! here reads outside its slice, whatever the bytes say.

use super::huffman::{AC_SYMBOLS, DC_SYMBOLS, HuffmanSpec};

/// Low bytes of the markers that matter here (T.81, table B.1).
pub(super) mod marker {
    pub(in crate::jpeg) const SOF0: u8 = 0xC0;
    pub(in crate::jpeg) const SOF1: u8 = 0xC1;
    pub(in crate::jpeg) const SOF2: u8 = 0xC2;
    pub(in crate::jpeg) const DHT: u8 = 0xC4;
    pub(in crate::jpeg) const JPG: u8 = 0xC8;
    pub(in crate::jpeg) const DAC: u8 = 0xCC;
    pub(in crate::jpeg) const SOF15: u8 = 0xCF;
    pub(in crate::jpeg) const RST0: u8 = 0xD0;
    pub(in crate::jpeg) const RST7: u8 = 0xD7;
    pub(in crate::jpeg) const SOI: u8 = 0xD8;
    pub(in crate::jpeg) const EOI: u8 = 0xD9;
    pub(in crate::jpeg) const SOS: u8 = 0xDA;
    pub(in crate::jpeg) const DQT: u8 = 0xDB;
    pub(in crate::jpeg) const DNL: u8 = 0xDC;
    pub(in crate::jpeg) const DRI: u8 = 0xDD;
    pub(in crate::jpeg) const APP0: u8 = 0xE0;
    pub(in crate::jpeg) const APP1: u8 = 0xE1;
    pub(in crate::jpeg) const APP14: u8 = 0xEE;
    pub(in crate::jpeg) const TEM: u8 = 0x01;
}

/// How component values map to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorSpace {
    /// One component.
    Grey,
    /// Luma and two colour differences (JFIF).
    YCbCr,
    /// Red, green, blue without a transform.
    Rgb,
    /// Four inks, stored inverted as Adobe does.
    Cmyk,
    /// Luma, two colour differences and black.
    Ycck,
}

/// One component of the frame header (T.81, B.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Component {
    /// Identifier that scans refer to.
    pub id: u8,
    /// Horizontal sampling factor, 1 to 4.
    pub h: u8,
    /// Vertical sampling factor, 1 to 4.
    pub v: u8,
    /// Which of the four quantisation tables it uses.
    pub quant: u8,
}

/// The frame header, as far as it concerns one sequential scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels; 0 if a DNL segment will tell it after the scan.
    pub height: u32,
    /// How the components map to colour.
    pub color: ColorSpace,
    components: [Component; 4],
    count: u8,
}

impl Header {
    /// The components, in the order of the header: 1, 3 or 4.
    #[must_use]
    pub fn components(&self) -> &[Component] {
        self.components.get(..usize::from(self.count)).unwrap_or(&[])
    }

    /// Index of the component that stands for luma: Y, the grey one, green,
    /// or magenta, whose sensitivity curve is nearest to luma's.
    #[must_use]
    pub fn luma_index(&self) -> usize {
        match self.color {
            ColorSpace::Grey | ColorSpace::YCbCr | ColorSpace::Ycck => 0,
            ColorSpace::Rgb | ColorSpace::Cmyk => 1,
        }
    }

    /// Indices of the components that are Cb and Cr, if there are such.
    #[must_use]
    pub fn chroma_indices(&self) -> Option<[usize; 2]> {
        matches!(self.color, ColorSpace::YCbCr | ColorSpace::Ycck).then_some([1, 2])
    }

    /// The same picture with another height.
    pub(crate) fn with_height(self, height: u32) -> Self {
        Self { height, ..self }
    }

    /// Largest horizontal and vertical sampling factors.
    #[must_use]
    pub fn max_sampling(&self) -> (u32, u32) {
        self.components()
            .iter()
            .fold((1, 1), |(h, v), c| (h.max(u32::from(c.h)), v.max(u32::from(c.v))))
    }

    /// Samples in a row and rows of component `index` (T.81, A.1.1).
    #[must_use]
    pub fn component_size(&self, index: usize) -> (u32, u32) {
        let (h_max, v_max) = self.max_sampling();
        self.components().get(index).map_or((0, 0), |c| {
            (
                (self.width * u32::from(c.h)).div_ceil(h_max),
                (self.height * u32::from(c.v)).div_ceil(v_max),
            )
        })
    }
}

/// What a frame header says before anyone knows the colour transform.
pub(super) enum Frame {
    Header(Header),
    BadPrecision(u8),
    BadCount(u8),
}

/// Parses SOF0 or SOF1. `adobe` is the transform byte of an Adobe APP14
/// segment, `jfif` whether a JFIF APP0 was seen; they settle the colour space
/// in the way that libjpeg does.
pub(super) fn frame(payload: &[u8], adobe: Option<u8>, jfif: bool) -> Option<Frame> {
    let (&[precision, h1, h0, w1, w0, count], rest) = payload.split_first_chunk::<6>()?;
    if precision != 8 {
        return Some(Frame::BadPrecision(precision));
    }
    if !matches!(count, 1 | 3 | 4) {
        return Some(Frame::BadCount(count));
    }
    let mut components = [Component::default(); 4];
    let (specs, tail) = rest.as_chunks::<3>();
    if specs.len() != usize::from(count) || !tail.is_empty() {
        return None;
    }
    for (i, (component, &[id, hv, quant])) in components.iter_mut().zip(specs).enumerate() {
        let (h, v) = (hv >> 4, hv & 15);
        let repeated = specs.iter().take(i).any(|s| s[0] == id);
        if !(1..=4).contains(&h) || !(1..=4).contains(&v) || quant > 3 || repeated {
            return None;
        }
        *component = Component { id, h, v, quant };
    }
    let width = u32::from(u16::from_be_bytes([w1, w0]));
    if width == 0 {
        return None;
    }
    let ids = [components[0].id, components[1].id, components[2].id];
    let color = match (count, adobe) {
        (1, _) => ColorSpace::Grey,
        (4, Some(2)) => ColorSpace::Ycck,
        (4, _) => ColorSpace::Cmyk,
        (_, Some(0)) if !jfif => ColorSpace::Rgb,
        (_, None) if !jfif && ids == *b"RGB" => ColorSpace::Rgb,
        _ => ColorSpace::YCbCr,
    };
    let height = u32::from(u16::from_be_bytes([h1, h0]));
    Some(Frame::Header(Header { width, height, color, components, count }))
}

/// Which component of the frame takes part in a scan, and with which tables.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ScanComponent {
    pub(super) index: usize,
    pub(super) dc: usize,
    pub(super) ac: usize,
}

/// Parses a sequential scan header (T.81, B.2.3): the components in order.
pub(super) fn scan(payload: &[u8], header: &Header) -> Option<heapless::Vec<ScanComponent, 4>> {
    let (&count, rest) = payload.split_first()?;
    let (specs, spectral) = rest.as_chunks::<2>();
    let count = usize::from(count);
    // The three bytes for spectral selection and approximation follow; a
    // sequential scan has nothing to say in them, and libjpeg ignores them.
    if !(1..=4).contains(&count) || specs.len() != count + 1 || spectral.len() != 1 {
        return None;
    }
    let mut components = heapless::Vec::<ScanComponent, 4>::new();
    for &[id, tables] in specs.iter().take(count) {
        let index = header.components().iter().position(|c| c.id == id)?;
        let (dc, ac) = (usize::from(tables >> 4), usize::from(tables & 15));
        if dc > 3 || ac > 3 || components.iter().any(|c| c.index == index) {
            return None;
        }
        components.push(ScanComponent { index, dc, ac }).ok()?;
    }
    Some(components)
}

/// Reads every table of a DQT segment into `tables`, in zigzag order.
pub(super) fn quantization(mut payload: &[u8], tables: &mut [Option<[u16; 64]>; 4]) -> Option<()> {
    while let Some((&kind, rest)) = payload.split_first() {
        let slot = tables.get_mut(usize::from(kind & 15))?;
        let mut table = [0u16; 64];
        payload = match kind >> 4 {
            0 => {
                let (steps, rest) = rest.split_first_chunk::<64>()?;
                for (to, &from) in table.iter_mut().zip(steps) {
                    *to = u16::from(from);
                }
                rest
            }
            1 => {
                let (steps, rest) = rest.split_first_chunk::<128>()?;
                for (to, &from) in table.iter_mut().zip(steps.as_chunks::<2>().0) {
                    *to = u16::from_be_bytes(from);
                }
                rest
            }
            _ => return None,
        };
        // A step of 0 would make every coefficient vanish; the standard
        // forbids it, and so does division by it later.
        if table.contains(&0) {
            return None;
        }
        *slot = Some(table);
    }
    Some(())
}

/// Reads every table of a DHT segment.
pub(super) fn huffman(
    mut payload: &[u8],
    dc: &mut [HuffmanSpec<DC_SYMBOLS>; 4],
    ac: &mut [HuffmanSpec<AC_SYMBOLS>; 4],
) -> Option<()> {
    while let Some((&kind, rest)) = payload.split_first() {
        let slot = usize::from(kind & 15);
        let (counts, rest) = rest.split_first_chunk::<16>()?;
        let total = counts.iter().map(|&n| usize::from(n)).sum();
        let symbols = rest.get(..total)?;
        match kind >> 4 {
            0 => *dc.get_mut(slot)? = HuffmanSpec::new(*counts, symbols)?,
            1 => *ac.get_mut(slot)? = HuffmanSpec::new(*counts, symbols)?,
            _ => return None,
        }
        payload = rest.get(total..)?;
    }
    Some(())
}
