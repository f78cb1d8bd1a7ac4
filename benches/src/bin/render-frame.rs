//! Renders one photograph: `render-frame WIDTH HEIGHT FILE`.

use std::env;
use std::fs;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [width, height, path] = args.as_slice() else {
        eprintln!("usage: render-frame WIDTH HEIGHT FILE");
        return ExitCode::FAILURE;
    };
    let (Ok(width), Ok(height)) = (width.parse(), height.parse()) else {
        eprintln!("render-frame: width and height are numbers of pixels");
        return ExitCode::FAILURE;
    };
    match edgecull_benches::photograph(width, height).and_then(|bytes| fs::write(path, bytes)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("render-frame: {path}: {error}");
            ExitCode::FAILURE
        }
    }
}
