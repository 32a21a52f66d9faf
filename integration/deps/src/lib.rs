//! Re-exports the C interfaces of Wasmtime and blst, so that one archive carries both.
pub use blst::*;
pub use wasmtime_c_api::*;
