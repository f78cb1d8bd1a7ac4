//! A node's attributes.

use tract_onnx::pb::{AttributeProto, NodeProto, TensorProto};

/// Attributes by name.
#[derive(Clone, Copy)]
pub(super) struct Attributes<'n>(pub(super) &'n NodeProto);

impl<'n> Attributes<'n> {
    fn get(self, name: &str) -> Option<&'n AttributeProto> {
        self.0.attribute.iter().find(|attribute| attribute.name == name)
    }

    pub(super) fn int(self, name: &str) -> Option<i64> {
        self.get(name).map(|attribute| attribute.i)
    }

    pub(super) fn float(self, name: &str) -> Option<f32> {
        self.get(name).map(|attribute| attribute.f)
    }

    pub(super) fn ints(self, name: &str) -> Option<&'n [i64]> {
        self.get(name).map(|attribute| attribute.ints.as_slice())
    }

    pub(super) fn text(self, name: &str) -> Option<&'n str> {
        self.get(name).and_then(|attribute| std::str::from_utf8(&attribute.s).ok())
    }

    pub(super) fn tensor(self, name: &str) -> Option<&'n TensorProto> {
        self.get(name).and_then(|attribute| attribute.t.as_ref())
    }
}
