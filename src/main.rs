//! The program: reads its arguments, runs, and exits with the code that says how it went.

mod cli;

use clap::Parser;

fn main() {
    let cli = cli::Cli::parse();
    let exit = match tokio::runtime::Runtime::new() {
        Ok(runtime) => {
            let exit = runtime.block_on(cli.run());
            // A write that hangs must not keep the process.
            runtime.shutdown_background();
            exit
        }
        Err(error) => cli::no_runtime(&error),
    };
    std::process::exit(exit.code().into());
}
