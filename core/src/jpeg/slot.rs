//! An option that is all zero while it is empty.

/// Room for a value. `Option` marks nothing by whatever number its value does not use,
/// which is not always 0; a static that holds one of those costs its whole size in flash.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(super) enum Slot<T> {
    Empty = 0,
    Full(T) = 1,
}

impl<T> Slot<T> {
    pub(super) fn as_ref(&self) -> Option<&T> {
        match self {
            Self::Empty => None,
            Self::Full(value) => Some(value),
        }
    }

    pub(super) fn as_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Empty => None,
            Self::Full(value) => Some(value),
        }
    }

    pub(super) fn get(&self) -> Option<T>
    where
        T: Copy,
    {
        self.as_ref().copied()
    }
}
