//! The program: reads its arguments, runs, and exits with the code that says how it went.

mod cli;

use linq_export::Exit;

fn main() {
    let cli = cli::parse();
    // A panic has said where it was; what is left is to exit as a bug does.
    let exit = std::panic::catch_unwind(|| run(cli)).unwrap_or_else(|_| cli::panicked());
    std::process::exit(exit.code().into());
}

fn run(cli: cli::Cli) -> Exit {
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => {
            let exit = runtime.block_on(cli.run());
            // A write that hangs must not keep the process.
            runtime.shutdown_background();
            exit
        }
        Err(error) => cli::no_runtime(&error),
    }
}
