//! The peak memory of a run, as Linux reports it: at most 70 MiB plus 17 bytes per contact, and as NDJSON or CSV 45 MiB plus
//! 17 bytes, if contacts are of usual size. A comparison of two exports needs at most 48 MiB plus 34 bytes per contact, if one in
//! 40 was updated.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::run::json as read_json;
use crate::support::{folder, path, program};

/// Contacts of each list.
const CONTACTS: usize = 2_000;
/// What a run may hold besides 17 bytes per contact, in MiB.
const MOST: usize = 70;
/// The same for NDJSON and CSV with contacts of usual size.
const MOST_LINES: usize = 45;

/// Serves page after page on each of its connections, as `contact` writes the contacts of a position on a page.
fn serve(contact: impl Fn(usize, usize) -> String + Send + Sync + 'static) -> String {
    serve_many(CONTACTS, contact)
}

/// The same with a list of so many contacts.
fn serve_many(contacts: usize, contact: impl Fn(usize, usize) -> String + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let contact = Arc::new(contact);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let contact = Arc::clone(&contact);
            // Ends with the connection, however that ends.
            std::thread::spawn(move || answer(&connection.unwrap(), contacts, &*contact));
        }
    });
    url
}

fn answer(connection: &TcpStream, list: usize, contact: &dyn Fn(usize, usize) -> String) -> Option<()> {
    let mut lines = BufReader::new(connection).lines();
    loop {
        let asked = lines.by_ref().next()?.ok()?;
        let number = |name: &str| asked.split_once(name)?.1.split(['&', ' ']).next()?.parse::<usize>().ok();
        let (page, per_page) = (number("page=")?, number("per_page=")?);
        while lines.next()?.ok()?.as_str() != "" {}
        let positions = ((page - 1) * per_page..page * per_page).take_while(|position| *position < list);
        let contacts: Vec<_> = positions.map(|position| contact(page, position)).collect();
        let pages = list.div_ceil(per_page);
        let said =
            format!(r#"{{"current_page":{page},"per_page":{per_page},"total_pages":{pages},"total_count":{list}}}"#);
        let body = format!(r#"{{"contacts":[{}],"pagination":{said}}}"#, contacts.join(","));
        write!(&*connection, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).ok()?;
    }
}

/// A contact with further members.
fn contact(position: usize, members: &str) -> String {
    let id = CONTACTS - position;
    format!(r#"{{"id":{id},"created_at":"2024-01-01T00:00:00.{:06}Z"{members}}}"#, 900_000 - position)
}

/// The peak of a run, in KiB; none where no system tells it.
fn peak(url: &str, format: &str, more: &[&str]) -> Option<usize> {
    let mut command = program(&["contacts", "-o", "-", "--format", format, "--base-url", url, "--rate", "5000", "-q"]);
    peak_of(command.args(more).env("LINQ_INTEGRATION_TOKEN", "any"))
}

/// The peak of a program that writes to stdout.
fn peak_of(command: &mut Command) -> Option<usize> {
    let mut run = command.stdout(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", run.id());
    let mut peak = None;
    let mut out = run.stdout.take().unwrap();
    // Its last bytes come when all was read and encoded.
    while out.read(&mut [0; 1 << 14]).unwrap() > 0 {
        let said = std::fs::read_to_string(&status).unwrap_or_default();
        let line = said.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = peak.max(line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()));
    }
    assert!(run.wait().unwrap().success());
    peak
}

fn assert_within(what: &str, peak: Option<usize>, most: usize) {
    assert_within_kib(what, peak, most * 1024 + 17 * CONTACTS / 1024);
}

fn assert_within_kib(what: &str, peak: Option<usize>, most: usize) {
    let Some(peak) = peak else {
        println!("skipped: this system does not tell what a process holds at its peak");
        return;
    };
    println!("{what}: {} MiB of {}", peak >> 10, most >> 10);
    assert!(peak <= most, "{what}: {peak} KiB of {most}");
}

#[test]
fn pages_that_grow_after_the_first_are_within_the_promise() {
    // Texts that hardly compress, so that the row group fills.
    let noise = |seed: usize| -> String {
        let mut state = seed as u64 + 1;
        let mut digit = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from_digit(u32::try_from(state >> 59).unwrap(), 32).unwrap()
        };
        (0..70_000).map(|_| digit()).collect()
    };
    let texts: Vec<_> = (0..8).map(noise).collect();
    let url = serve(move |page, position| {
        let text = if page > 1 { &texts[position % texts.len()] } else { "" };
        contact(position, &format!(r#","location":"{text}""#))
    });
    for format in ["parquet", "ndjson"] {
        assert_within(format, peak(&url, format, &["--concurrency", "64"]), MOST);
    }
}

/// Their bodies are small, but a decoded contact takes about 350 bytes.
#[test]
fn pages_of_contacts_without_values_are_within_the_promise() {
    let url = serve(|_, position| contact(position, ""));
    for (format, most) in [("parquet", MOST), ("ndjson", MOST_LINES), ("csv", MOST_LINES)] {
        assert_within(format, peak(&url, format, &[]), most);
    }
}

/// A contact of usual size. On the second day, one in 100 is another one, and one in 40 has another title.
fn contact_on(is_second_day: bool, position: usize) -> String {
    let id = 2 * (LIST - position) + usize::from(is_second_day && position % 100 == 50);
    let title = if is_second_day && position % 40 == 1 { "Director" } else { "Account Executive" };
    let (day, second) = (1 + (LIST - position) / 86_400, (LIST - position) % 86_400);
    let time = format!("2024-01-{day:02}T{:02}:{:02}:{:02}.000Z", second / 3_600, second / 60 % 60, second % 60);
    let (first, last) = (["Jane", "Omar", "Wei"][id % 3], ["Doe", "Haddad", "Zhang", "Okafor"][id % 4]);
    let owner = id % 40;
    format!(
        r#"{{"id":{id},"first_name":"{first}","last_name":"{last}","full_name":"{first} {last}","email":"{first}.{last}.{id}@example.com","phone_number":"+1312{id:07}","company":"Company {owner}","title":"{title}","location":"Chicago, IL","image_url":"https://example.com/contacts/{id}.png","created_at":"{time}","updated_at":"{time}","contact_owner":{{"id":{owner},"email":"owner{owner}@example.com","first_name":"Ann","last_name":"Lee","name":"Ann Lee"}}}}"#
    )
}

/// Contacts of the lists that are compared.
const LIST: usize = 100_000;

#[test]
fn a_comparison_is_within_the_promise() {
    let is_second_day = Arc::new(AtomicBool::new(false));
    let day = Arc::clone(&is_second_day);
    let url = serve_many(LIST, move |_, position| contact_on(day.load(Ordering::Relaxed), position));
    let folder = folder();
    let files = ["old.parquet", "new.parquet"].map(|name| {
        let file = path(&folder, name);
        let mut export = program(&["contacts", "-o", &file, "--base-url", &url, "--rate", "unlimited", "-q"]);
        assert!(export.env("LINQ_INTEGRATION_TOKEN", "any").status().unwrap().success());
        is_second_day.store(true, Ordering::Relaxed);
        file
    });
    let manifest = path(&folder, "manifest.json");
    let mut compare = program(&["changes", &files[0], &files[1], "-q", "--manifest", &manifest]);
    let peak = peak_of(compare.args(["-o", "-", "--format", "parquet"]));
    let counts = &read_json(manifest)["changes"]["by_type"];
    assert_eq!([&counts["insert"], &counts["update_postimage"], &counts["delete"]], [1_000, 2_500, 1_000]);
    assert_within_kib("changes", peak, 48 * 1024 + 34 * LIST / 1024);
}
