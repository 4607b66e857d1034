//! What the program prints when it ends, with its exit code, as snapshots: errors with their hints, and summaries.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use linq_export::sandbox::{Certificate, Protocols};

use crate::support::scripted::{Scripted, answer, page};
use crate::support::{folder, program, ran};
use crate::tls::secure;

/// Variables of every run, which are not shown.
const FAST: [(&str, &str); 3] =
    [("LINQ_EXPORT_SANDBOX_CONTACTS", "300"), ("LINQ_EXPORT_RATE", "5000"), ("LINQ_EXPORT_BACKOFF", "1ms")];
/// And of those from a server.
const IMPATIENT: (&str, &str) = ("LINQ_EXPORT_MAX_OUTAGE", "1ms");

/// Runs in a directory of their own, and what they printed.
struct Cases {
    home: tempfile::TempDir,
    text: String,
}

impl Cases {
    fn new() -> Self {
        Self { home: folder(), text: String::new() }
    }

    fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs the program, whose arguments are separated by spaces.
    fn add(&mut self, arguments: &str) {
        self.add_with(&[], arguments);
    }

    fn add_with(&mut self, variables: &[(&str, &str)], arguments: &str) {
        let mut command = program(&arguments.split(' ').collect::<Vec<_>>());
        command.current_dir(self.home()).env("COLUMNS", "80").envs(FAST);
        command.envs(arguments.contains("--base-url").then_some(IMPATIENT)).envs(variables.iter().copied());
        let ran = ran(command.output().unwrap());
        let set = variables.iter().map(|(name, value)| format!("{name}={value} ")).collect::<Vec<_>>().concat();
        let _ = write!(self.text, "$ {set}linq-export {arguments}\n{}[{}]\n\n", ran.stderr, ran.code.unwrap());
    }

    /// Exports to `c.ndjson` from a sandbox of 300 contacts.
    fn export(&mut self, more: &str) {
        self.add(format!("contacts --sandbox {more}").trim_end());
    }

    /// Exports from a server.
    fn export_from(&mut self, url: &str, more: &str) {
        let arguments = format!("contacts -o c.ndjson --base-url {url} {more}");
        self.add_with(&[("LINQ_INTEGRATION_TOKEN", "t")], arguments.trim_end());
    }

    /// The text, without what differs from run to run.
    fn text(self) -> String {
        let mut text = self.text;
        for (before, name) in [("127.0.0.1:", "PORT"), ("attempt ", "N"), ("localhost:", "PORT")] {
            text = replaced(&text, before, name, |digit| digit.is_ascii_digit());
        }
        // Progress depends on time.
        let lines = text.lines().filter(|line| !(line.contains(" of ") && line.contains(" requests/s")));
        text = lines.map(|line| without_times(line) + "\n").collect();
        text
    }
}

/// Replaces what follows each `before`.
fn replaced(text: &str, before: &str, name: &str, is_part: fn(char) -> bool) -> String {
    let mut parts = text.split(before);
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(is_part);
        let name = if rest.len() < part.len() { name } else { "" };
        let _ = write!(all, "{before}{name}{rest}");
    }
    all
}

/// A line in which words that are a time, or a duration in seconds, are replaced.
fn without_times(line: &str) -> String {
    let is_number = |word: &str| word.contains('.') && word.parse::<f64>().is_ok();
    let is_date =
        |word: &str| word.len() >= 10 && word.is_ascii() && word[..4].parse::<u16>().is_ok() && &word[4..5] == "-";
    let words: Vec<_> = line.split(' ').collect();
    let shown = words.iter().enumerate().map(|(index, word)| {
        let next = words.get(index + 1).copied().unwrap_or_default().trim_end_matches([',', ';', ':', ')']);
        let bare = word.trim_matches(|character: char| !character.is_ascii_alphanumeric());
        match () {
            () if is_number(word) && next == "s" || word.contains(':') && next == "UTC" => "N".to_owned(),
            () if is_date(bare) => word.replace(bare, "DATE"),
            () => (*word).to_owned(),
        }
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn usage_errors() {
    let mut cases = Cases::new();
    fs::write(cases.home().join("key"), [b'k'; 32]).unwrap();
    fs::write(cases.home().join("short"), "secret").unwrap();
    for more in [
        "",
        "-o c.txt",
        "-o -",
        "-o c.parquet --format csv",
        "-o c.parquet --format parquett",
        "-o c.ndjson.gz --compression zstd",
        "-o c.parquet.gz --format parquet",
        "-o c.ndjson --compression lz4",
        "-o c.ndjson --compression gzp",
        "-o c.parquet --compression-level 23",
        "-o c.parquet --row-group-size 12",
        "-o c.parquet --row-group-size 2GiB",
        "-o c.csv --row-group-size 16MiB",
        "-o c.parquet --owners nested",
        "-o c.csv --owners struct",
        "-o - --format csv --owners table",
        "-o c.csv --columns nope",
        "-o c.csv --columns id,email --drop email",
        "-o c.csv --drop id",
        "-o c.csv --hmac email",
        "-o c.csv --hmac-key-file key",
        "-o c.csv --hmac email --hmac-key-file short",
        "-o c.csv --hmac id --hmac-key-file key",
        "-o c.csv --hmac email --hmac-key-file nosuch",
        "-o c.csv --raw",
        "-o c.ndjson --raw --drop email",
        "-o c.ndjson --raw --kit kit",
        "-o c.ndjson --raw --digest",
        "-o - --format csv --digest",
        "-o - --format csv --kit kit",
        "-o - --format csv --mode 640",
        "-o c.csv --mode 640x",
        "-o c.csv --mode 077",
        "-o c.csv --rate fast",
        "-o c.csv --rate 0",
        "-o c.csv --rate 20000",
        "-o c.csv --rate 20 --max-rate 10",
        "-o c.csv --rate unlimited --max-rate 10",
        "-o c.csv --max-rate auto",
        "-o c.csv --per-page 200",
        "-o c.csv --concurrency 0",
        "-o c.csv --timeout 20",
        "-o c.csv --deadline 0s",
        "-o c.csv --limit 0",
        "-o c.csv --limit 10 --require complete",
        "-o c.csv --require sure",
        "-o c.csv --max-deletes many",
        "-o c.csv --partition day=1",
        "-o out/ --partition day",
        "-o out/ --partition email=1",
        "-o c.csv --rows-per-file 10",
        "-o c.csv --manifest m.json",
        "-o c.csv --report c.csv",
        "-o c.csv --metrics-file m.txt",
        "-o c.csv --quiet -v",
        "-o c.csv --base-url https://api.linqapp.com",
        "-o c.csv --sandbox-order newst",
        "-o c.csv --sandbox-fault nosuch",
        "-o c.csv --publish",
        "-o ./",
        "-o c.csv extra",
    ] {
        cases.export(more);
    }
    insta::assert_snapshot!(cases.text());
}

#[test]
fn errors_of_token_and_base_url() {
    let mut cases = Cases::new();
    for more in ["", "--token-file nosuch", "--token-file t --token-stdin", "--sandbox-seed 3"] {
        cases.add(format!("contacts -o c.csv {more}").trim_end());
    }
    for url in [
        "example.com",
        "localhost:8080",
        "https://api.linqapp.com/api/partner/v2/contacts",
        "http://linq.example",
        "ftp://linq.example",
        "https://me:hunter2@linq.example",
        "https://linq.example?token=hunter2",
        "https://",
    ] {
        cases.export_from(url, "");
    }
    insta::assert_snapshot!(cases.text());
}

#[test]
fn errors_of_other_commands() {
    let mut cases = Cases::new();
    for arguments in [
        "contact",
        "verify c.csv --json",
        "verify c.csv --require sure",
        "schema",
        "schema mysql",
        "schema bigquery --name t",
        "schema duckdb --table owners",
        "schema duckdb --name crm..t",
        "sandbox --ca-file ca.pem",
        "sandbox --tls expird",
        "changes old.csv new.csv",
        "changes old.csv new.csv -o c.csv",
        "changes old.csv new.csv -o - --format csv --json",
        "changes old.csv new.csv --summary -o c.csv",
        "changes old.csv new.csv -o c.csv --partition day=1",
    ] {
        cases.add(arguments);
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    cases.add(&format!("sandbox --port {}", taken.local_addr().unwrap().port()));
    let text = cases.text().replace(&taken.local_addr().unwrap().port().to_string(), "PORT");
    insta::assert_snapshot!(text);
}

#[test]
fn errors_from_variables() {
    let mut cases = Cases::new();
    for (variable, value) in [
        ("LINQ_EXPORT_RATE", "fast"),
        ("LINQ_EXPORT_OWNERS", "nested"),
        ("LINQ_EXPORT_QUIET", "maybe"),
        ("LINQ_EXPORT_COLUMNS", "emial"),
        ("LINQ_EXPORT_KIT", "nosuch/kit"),
        ("LINQ_EXPORT_RATEE", "5"),
    ] {
        cases.add_with(&[(variable, value)], "contacts --sandbox -o c.csv");
    }
    insta::assert_snapshot!(cases.text());
}

#[test]
fn errors_of_outputs() {
    let mut cases = Cases::new();
    let home = cases.home().to_owned();
    for directory in ["d", "full"] {
        fs::create_dir(home.join(directory)).unwrap();
    }
    fs::write(home.join("full/notes.txt"), "").unwrap();
    fs::write(home.join("file"), "").unwrap();
    for more in [
        "-o nosuch/c.csv",
        "-o d --format csv",
        "-o file/",
        "-o full/",
        "-o full/ --partition day=1",
        "-o c.csv --kit full",
        "-o c.csv --metrics-file nosuch/m.prom",
        "-o c.csv --report nosuch/r.json",
    ] {
        cases.export(more);
    }
    let lock = fs::File::create(home.join(".c.csv.lock")).unwrap();
    lock.lock().unwrap();
    cases.export("-o c.csv");
    insta::assert_snapshot!(cases.text());
}

#[test]
fn errors_of_the_server() {
    let mut cases = Cases::new();
    for response in [
        answer("400 Bad Request", "x-request-id: r7\r\n", r#"{"message":"bad page"}"#),
        answer("401 Unauthorized", "", ""),
        answer("403 Forbidden", "", ""),
        answer("404 Not Found", "", ""),
        answer("302 Found", "Location: https://elsewhere.example/\r\n", ""),
        answer("429 Too Many Requests", "Retry-After: 6000\r\n", ""),
        answer("503 Service Unavailable", "", ""),
        answer("200 OK", "Content-Type: text/html\r\n", "<html>down for maintenance</html>"),
        page("", 7),
        page(r#"{"id":null}"#, 1),
    ] {
        let start = response.lines().next().unwrap().to_owned();
        let server = Scripted::start(move |_| response.clone());
        let _ = writeln!(cases.text, "# {start}");
        cases.export_from(&server.url(), "");
    }
    insta::assert_snapshot!(cases.text());
}

#[test]
fn errors_of_connections() {
    let mut cases = Cases::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    cases.export_from(&format!("http://{closed}"), "");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    cases.export_from(&format!("http://{}", silent.local_addr().unwrap()), "--deadline 100ms");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let plain = runtime.block_on(crate::support::sandbox(1));
    cases.export_from(&plain.base_url().replace("http://", "https://"), "");
    for certificate in [Certificate::Good, Certificate::Expired, Certificate::WrongName] {
        let sandbox = runtime.block_on(secure(certificate, Protocols::default(), &[]));
        fs::write(cases.home().join("ca.pem"), sandbox.ca_pem().unwrap()).unwrap();
        let trusts = if certificate == Certificate::Good { "" } else { "--ca-cert ca.pem" };
        let _ = writeln!(cases.text, "# {certificate:?}");
        cases.export_from(&sandbox.base_url(), trusts);
    }
    insta::assert_snapshot!(cases.text());
}

#[test]
fn errors_of_completeness() {
    let mut cases = Cases::new();
    cases.export("-o c.ndjson --sandbox-wrong-totals count=+150");
    cases.export("-o c.ndjson --limit 10 --require counted");
    cases.export("-o c.ndjson --sandbox-wrong-totals count=+1 --require complete");
    cases.export("-o c.ndjson --sandbox-wrong-totals count=+1 --allow-incomplete");
    cases.export("-o d.ndjson -q");
    cases.export("-o d.ndjson -q --sandbox-contacts 7");
    insta::assert_snapshot!(cases.text());
}

#[test]
fn errors_of_inputs() {
    let mut cases = Cases::new();
    let home = cases.home().to_owned();
    for command in ["verify", "digest", "inspect"] {
        cases.add(&format!("{command} nosuch.parquet"));
        fs::write(home.join("garbage"), "no table").unwrap();
        cases.add(&format!("{command} garbage"));
    }
    cases.export("-o c.csv -q");
    cases.add("verify c.csv --require sure");
    cases.export("-o few.csv -q --limit 5");
    cases.add("verify few.csv --require counted");
    fs::write(home.join("few.csv"), "id\r\n1\r\n").unwrap();
    cases.add("verify few.csv");
    fs::copy(home.join("c.csv"), home.join("moved.csv")).unwrap();
    cases.add("verify moved.csv");
    cases.export("-o raw.ndjson -q --raw");
    cases.add("digest raw.ndjson");
    cases.export("-o days/ -q --partition day=1");
    cases.add("verify days");
    cases.add("inspect days");
    insta::assert_snapshot!(cases.text());
}

#[test]
fn summaries() {
    let mut cases = Cases::new();
    for more in [
        "-o c.parquet",
        "-o - --format csv --limit 5",
        "-o one.csv --limit 1",
        "-o out/ --owners table --kit kit",
        "-o days/ --partition day=1",
        "-o c.parquet --token-file c.parquet",
    ] {
        cases.export(more);
    }
    cases.add("verify c.parquet");
    cases.add("verify out");
    insta::assert_snapshot!(without_sizes(&cases.text()));
}

/// Sizes differ between versions of the codecs.
fn without_sizes(text: &str) -> String {
    let mut words: Vec<_> = text.split(' ').collect();
    for index in 1..words.len() {
        if ["kB", "MB"].contains(&words[index].trim_end_matches(',')) {
            words[index - 1] = "N";
        }
    }
    words.join(" ")
}
