use super::super::net::{Depthwise, Gemm};
pub(in crate::kernels) fn gemm(job: &Gemm<'_>, out: &mut [i8]) {
    crate::kernels::scalar::gemm(job, out)
}
pub(in crate::kernels) fn depthwise(job: &Depthwise<'_>, out: &mut [i8]) {
    crate::kernels::scalar::depthwise(job, out)
}
