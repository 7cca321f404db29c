//! The terminal: a screen of our own beside what was there, which comes back whatever happens.

use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use tokio::sync::mpsc;

/// The other screen, without a cursor; what is too long for a line is cut by the terminal itself.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l";
const LEAVE: &str = "\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l";

/// Columns and rows where nobody says how many there are.
const USUAL: (usize, usize) = (80, 24);

/// Columns and rows of the terminal behind standard output; none where there is none, or one that can only be written to.
pub(super) fn size() -> Option<(usize, usize)> {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    if dumb || !io::stdout().is_terminal() {
        return None;
    }
    let window = termios::tcgetwinsize(io::stdout()).ok().filter(|window| window.ws_col > 0 && window.ws_row > 0);
    Some(window.map_or(USUAL, |window| (usize::from(window.ws_col), usize::from(window.ws_row))))
}

/// Our screen; with it goes all that was changed at the terminal.
pub(super) struct Screen {
    /// How keys were taken before; none where they do not come from a terminal.
    keys: Option<Termios>,
}

impl Screen {
    /// Takes the screen, and keys as they are pressed.
    pub(super) fn enter() -> io::Result<Self> {
        let keys = termios::tcgetattr(io::stdin()).ok();
        let screen = Self { keys };
        if let Some(before) = &screen.keys {
            let mut ours = before.clone();
            // Signals stay; only a stop is not taken, for it would leave the terminal as it is now.
            ours.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
            ours.special_codes[SpecialCodeIndex::VSUSP] = 0;
            ours.special_codes[SpecialCodeIndex::VMIN] = 1;
            ours.special_codes[SpecialCodeIndex::VTIME] = 0;
            termios::tcsetattr(io::stdin(), OptionalActions::Flush, &ours)?;
        }
        write(ENTER)?;
        Ok(screen)
    }

    /// The keys that are pressed from now on.
    pub(super) fn keys(&self) -> mpsc::Receiver<u8> {
        let (sender, keys) = mpsc::channel(16);
        if self.keys.is_some() {
            // It waits for a key for ever, and ends with the process.
            std::thread::spawn(move || {
                for key in io::stdin().lock().bytes().map_while(Result::ok) {
                    if sender.blocking_send(key).is_err() {
                        return;
                    }
                }
            });
        }
        keys
    }

    /// Shows lines in place of those before.
    pub(super) fn draw(&self, text: &str) -> io::Result<()> {
        write(&format!("\u{1b}[H{}\u{1b}[K\u{1b}[J", text.trim_end_matches('\n').replace('\n', "\u{1b}[K\r\n")))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that has gone needs nothing back.
        write(LEAVE).ok();
        if let Some(before) = &self.keys {
            termios::tcsetattr(io::stdin(), OptionalActions::Flush, before).ok();
        }
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
