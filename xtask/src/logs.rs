use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use stack::Layout;

/// Print the log of a process
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// `orders`, `payments`, `inventory`, `gateway`, `temporal`, `temporal-ui`, `postgres` or `supervisor`
    service: String,
    /// Go on printing what is added
    #[arg(short, long)]
    follow: bool,
    /// How many of the last lines
    #[arg(short = 'n', long, default_value_t = 200)]
    lines: usize,
}

pub(crate) async fn run(layout: &Layout, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let path = layout.log(&arguments.service);
    let Ok(mut file) = File::open(&path) else {
        let mut names: Vec<String> = Vec::new();
        for entry in std::fs::read_dir(layout.logs()).into_iter().flatten().flatten() {
            names.extend(entry.file_name().to_string_lossy().strip_suffix(".log").map(str::to_owned));
        }
        names.sort();
        bail!("there is no log of `{}`; there are {}", arguments.service, names.join(", "));
    };
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let mut out = std::io::stdout();
    out.write_all(last_lines(&text, arguments.lines))?;
    out.flush()?;
    if !arguments.follow {
        return Ok(ExitCode::SUCCESS);
    }
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        // The next `up` begins a new file.
        if let Ok(meta) = std::fs::metadata(&path)
            && meta.len() < file.stream_position()?
        {
            file = File::open(&path)?;
            file.seek(SeekFrom::Start(0))?;
        }
        text.clear();
        file.read_to_end(&mut text)?;
        out.write_all(&text)?;
        out.flush()?;
    }
}

fn last_lines(text: &[u8], count: usize) -> &[u8] {
    let body = text.strip_suffix(b"\n").unwrap_or(text);
    let breaks = body.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let start = if count == 0 { text.len() } else { breaks.take(count).nth(count - 1).unwrap_or(0) };
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::last_lines;

    #[test]
    fn the_last_lines_of_a_text() {
        assert_eq!(last_lines(b"a\nb\nc\n", 2), b"b\nc\n");
        assert_eq!(last_lines(b"a\nb\nc", 1), b"c");
        assert_eq!(last_lines(b"a\nb\n", 9), b"a\nb\n");
        assert_eq!(last_lines(b"a\nb\n", 0), b"");
        assert_eq!(last_lines(b"", 3), b"");
    }
}
