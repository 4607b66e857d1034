# A Homebrew formula, to be completed with the address of the repository and the checksum of a release: see `url`.
class LinqExport < Formula
  desc "Export all contacts of a Linq organization to Parquet, NDJSON or CSV"
  homepage "https://REPOSITORY"
  url "https://REPOSITORY/archive/refs/tags/v0.1.0.tar.gz"
  sha256 "SHA256"
  license "MIT"

  depends_on "rust" => :build

  def install
    system "cargo", "install", "--profile", "dist", *std_cargo_args
    generate_completions_from_executable(bin/"linq-export", "completions")
    (man1/"linq-export.1").write Utils.safe_popen_read(bin/"linq-export", "man")
    %w[contacts changes verify digest inspect schema sandbox].each do |command|
      (man1/"linq-export-#{command}.1").write Utils.safe_popen_read(bin/"linq-export", "man", command)
    end
  end

  test do
    system bin/"linq-export", "contacts", "--sandbox", "-o", "contacts.parquet"
    system bin/"linq-export", "verify", "contacts.parquet"
  end
end
