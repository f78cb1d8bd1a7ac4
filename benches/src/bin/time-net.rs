//! Times a network: `time-net MODEL.(json|ecm) RUNS` prints the microseconds of each
//! run, one a line. The JSON is one like `tests/data/nn/mobilenet.json`.

use edgecull_core::kernels::Isa;
use edgecull_core::nn::{Model, Net};
use edgecull_tests::nn;
use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs, io};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [path, runs] = args.as_slice() else {
        eprintln!("usage: time-net MODEL.(json|ecm) RUNS");
        return ExitCode::FAILURE;
    };
    let Ok(runs) = runs.parse() else {
        eprintln!("time-net: the second argument is a number of runs");
        return ExitCode::FAILURE;
    };
    match times(Path::new(path), runs).and_then(|times| Ok(print(&times)?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("time-net: {path}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn times(path: &Path, runs: usize) -> Result<Vec<Duration>, Box<dyn Error>> {
    let (document, input) = if path.extension().is_some_and(|extension| extension == "json") {
        let script = nn::script(path);
        (script.net.document()?.bytes, script.input)
    } else {
        (fs::read(path)?, Vec::new())
    };
    let model = Model::load(&document)?;
    let shape = model.input();
    let plan = model.plan(shape.height, shape.width)?;
    let mut arena = vec![0; plan.arena()];
    let mut net = Net::new(&model, &plan, &mut arena, Isa::detect())?;
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        // The input's place serves others in the course of a run, so that it is
        // filled each time; it would have to be on a camera too.
        for (place, number) in
            net.input().iter_mut().zip(input.iter().chain([&0].into_iter().cycle()))
        {
            *place = *number;
        }
        let start = Instant::now();
        net.run()?;
        times.push(start.elapsed());
        black_box(net.output(0));
    }
    Ok(times)
}

fn print(times: &[Duration]) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for time in times {
        writeln!(out, "{:.3}", time.as_nanos() as f64 / 1000.0)?;
    }
    out.flush()
}
