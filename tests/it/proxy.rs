//! Proxies from environment variables: what they can see, and when they are bypassed.

use linq_export::sandbox::{Certificate, Protocol, Protocols, Sandbox};

use crate::support::tunnel::Tunnel;
use crate::support::{Ran, folder, ndjson_rows, path};
use crate::tls::{CONTACTS, export_by_program, secure};

const TOKEN: &str = linq_export::sandbox::TOKEN;
/// A host that exists nowhere, and has a certificate.
const ELSEWHERE: &str = "https://elsewhere.invalid";
const HEADER: &str = "x-linq-integration-token";

/// Runs the program with the sandbox's authority.
async fn export_from(base_url: &str, sandbox: &Sandbox, environment: &[(&str, &str)]) -> Ran {
    let folder = folder();
    let file = path(&folder, "authority.pem");
    std::fs::write(&file, sandbox.ca_pem().unwrap()).unwrap();
    export_by_program(base_url, &["--ca-cert", &file], environment).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_passed_by_connect_and_sees_names_but_neither_token_nor_contacts() {
    for (protocols, agreed) in [(Protocols::Http2AndHttp1, Protocol::Http2), (Protocols::Http1, Protocol::Http1)] {
        let sandbox = secure(Certificate::WrongName, protocols, &[]).await;
        let tunnel = Tunnel::to(sandbox.address(), "").await;
        let ran = export_from(ELSEWHERE, &sandbox, &[("HTTPS_PROXY", &tunnel.url())]).await;
        assert_eq!((ran.code, ndjson_rows(&ran.stdout).len()), (Some(0), CONTACTS), "{}", ran.stderr);
        let heads = tunnel.heads();
        assert!(heads.iter().all(|head| head.starts_with("CONNECT elsewhere.invalid:443 HTTP/1.1\r\n")), "{heads:?}");
        assert!(tunnel.has_seen("elsewhere.invalid"));
        assert!(sandbox.requests().iter().all(|seen| seen.protocol == agreed));
        for secret in [TOKEN, HEADER, "contacts", "first_name"] {
            assert!(!tunnel.has_seen(secret), "{secret}");
        }
    }
}

/// Shows that the test above would notice.
#[tokio::test(flavor = "multi_thread")]
async fn over_plain_http_that_was_allowed_the_proxy_sees_the_token() {
    let sandbox = crate::support::sandbox(1).await;
    let tunnel = Tunnel::to(sandbox.address(), "401 Unauthorized").await;
    let environment = [("http_proxy", &*tunnel.url())];
    let ran = export_by_program("http://elsewhere.invalid", &["--allow-plain-http"], &environment).await;
    assert_eq!(ran.code, Some(77), "{}", ran.stderr);
    assert!(tunnel.has_seen(TOKEN) && tunnel.has_seen(HEADER));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_proxy_is_honoured() {
    let sandbox = secure(Certificate::WrongName, Protocols::default(), &[]).await;
    let tunnel = Tunnel::to(sandbox.address(), "").await;
    for no_proxy in ["elsewhere.invalid", ".invalid", "*"] {
        let environment = [("HTTPS_PROXY", &*tunnel.url()), ("NO_PROXY", no_proxy)];
        let ran = export_from(ELSEWHERE, &sandbox, &environment).await;
        assert_eq!(ran.code, Some(69), "{}", ran.stderr);
    }
    assert!(tunnel.heads().is_empty() && sandbox.request_count() == 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_exists_nowhere_is_told_from_a_server_that_is_down() {
    // Resolvers reject a label of more than 63 characters without a query: the test needs no network.
    let base_url = format!("http://{}.invalid", "elsewhere".repeat(8));
    let ran = export_by_program(&base_url, &["--allow-plain-http"], &[]).await;
    assert_eq!(ran.code, Some(69), "{}", ran.stderr);
    for part in ["page 1, ", "cannot resolve the host name: dns error"] {
        assert!(ran.stderr.contains(part), "{}", ran.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn this_machine_is_never_asked_through_a_proxy() {
    let secure = secure(Certificate::Good, Protocols::default(), &[]).await;
    let plain = crate::support::sandbox(CONTACTS as u64).await;
    let tunnel = Tunnel::to(plain.address(), "").await;
    let folder = folder();
    let file = path(&folder, "authority.pem");
    std::fs::write(&file, secure.ca_pem().unwrap()).unwrap();
    let proxy = tunnel.url();
    let environment = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        .map(|name| (name, proxy.as_str()));
    for base_url in [plain.base_url(), secure.base_url()] {
        let ran = export_by_program(&base_url, &["--ca-cert", &file], &environment).await;
        assert_eq!((ran.code, ndjson_rows(&ran.stdout).len()), (Some(0), CONTACTS), "{}", ran.stderr);
    }
    assert!(tunnel.heads().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_refuses_is_named_without_its_password() {
    let sandbox = secure(Certificate::WrongName, Protocols::default(), &[]).await;
    let refusing = Tunnel::to(sandbox.address(), "407 Proxy Authentication Required").await;
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for proxy in [refusing.url(), format!("http://{gone}")] {
        let proxy = proxy.replace("http://", "http://me:hunter2@");
        let ran = export_from(ELSEWHERE, &sandbox, &[("HTTPS_PROXY", &proxy)]).await;
        assert_eq!(ran.code, Some(69), "{}", ran.stderr);
        assert!(ran.stderr.contains("proxy") && !ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
    assert!(!refusing.has_seen(TOKEN) && sandbox.request_count() == 0);
}

/// Asking again would not help, and is not done.
#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_wants_a_password_or_is_of_another_kind_ends_the_run_at_once() {
    let sandbox = secure(Certificate::WrongName, Protocols::default(), &[]).await;
    let tunnel = Tunnel::to(sandbox.address(), "407 Proxy Authentication Required").await;
    for (base_url, more, variable) in
        [(ELSEWHERE, &[][..], "HTTPS_PROXY"), ("http://elsewhere.invalid", &["--allow-plain-http"], "http_proxy")]
    {
        let ran = export_by_program(base_url, more, &[(variable, &tunnel.url())]).await;
        assert_eq!(ran.code, Some(69), "{}", ran.stderr);
        assert!(ran.stderr.contains("page 1, attempt 1: the proxy answered 407"), "{}", ran.stderr);
        assert!(ran.stderr.contains("hint: ") && ran.stderr.contains("into HTTPS_PROXY"), "{}", ran.stderr);
    }
    assert_eq!(tunnel.heads().len(), 2);
    for proxy in ["socks5://127.0.0.1:1", "socks4://127.0.0.1:1"] {
        let ran = export_by_program(ELSEWHERE, &[], &[("HTTPS_PROXY", proxy)]).await;
        assert_eq!(ran.code, Some(69), "{}", ran.stderr);
        assert!(ran.stderr.contains("page 1, attempt 1: cannot use the proxy from the environment"), "{}", ran.stderr);
        assert!(ran.stderr.contains("unsupported scheme socks"), "{}", ran.stderr);
        assert!(ran.stderr.contains("SOCKS proxies are not supported"), "{}", ran.stderr);
    }
}
