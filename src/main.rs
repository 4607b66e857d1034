//! The program `linq-export`: see [`linq_export::cli`].

fn main() {
    std::process::exit(linq_export::cli::main().into());
}
