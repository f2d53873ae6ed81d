//! Blanks out what is not code in a Rust source, so that rules can look for words and braces naively.
//!
//! Comments and the insides of string and character literals become spaces; line breaks stay, so positions keep
//! their line. It is a lexer's smallest part, not a parser: macros are read like any other text.

/// The source with everything but code replaced by spaces, line by line the same length in characters.
pub(crate) fn code_only(source: &str) -> String {
    let mut masker =
        Masker { chars: source.chars().collect(), at: 0, out: String::with_capacity(source.len()) };
    while masker.at < masker.chars.len() {
        masker.step();
    }
    masker.out
}

struct Masker {
    chars: Vec<char>,
    at: usize,
    out: String,
}

impl Masker {
    fn step(&mut self) {
        match (self.peek(0), self.peek(1)) {
            (Some('/'), Some('/')) => self.blank_while(|c| c != '\n'),
            (Some('/'), Some('*')) => self.block_comment(),
            (Some('"'), _) => self.string(),
            (Some('\''), _) => self.quote(),
            (Some('r'), Some('"' | '#')) if !self.follows_word() => self.raw_string(),
            (Some('b' | 'c'), Some('r'))
                if !self.follows_word() && matches!(self.peek(2), Some('"' | '#')) =>
            {
                self.keep();
                self.raw_string();
            }
            _ => self.keep(),
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn keep(&mut self) {
        self.out.extend(self.peek(0));
        self.at += 1;
    }

    fn blank(&mut self) {
        let Some(c) = self.peek(0) else { return };
        self.out.push(if c == '\n' { '\n' } else { ' ' });
        self.at += 1;
    }

    fn blank_while(&mut self, more: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&more) {
            self.blank();
        }
    }

    /// Whether the previous character belongs to a word, so that `for"` is not a raw string's `r"`.
    fn follows_word(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.chars.get(at));
        before.is_some_and(|c| c.is_alphanumeric() || *c == '_')
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => {
                    depth += 1;
                    self.blank();
                }
                (Some('*'), Some('/')) => {
                    depth -= 1;
                    self.blank();
                }
                (None, _) => return,
                _ => {}
            }
            self.blank();
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.keep();
        loop {
            match self.peek(0) {
                Some('\\') => {
                    self.blank();
                    self.blank();
                }
                Some('"') => return self.keep(),
                Some(_) => self.blank(),
                None => return,
            }
        }
    }

    /// Stands on `r`; anything but a string after the hashes is a raw identifier and stays.
    fn raw_string(&mut self) {
        self.keep();
        let mut hashes = 0;
        while self.peek(hashes) == Some('#') {
            hashes += 1;
        }
        if self.peek(hashes) != Some('"') {
            return;
        }
        for _ in 0..=hashes {
            self.keep();
        }
        while self.at < self.chars.len() {
            let closes = self.peek(0) == Some('"') && (1..=hashes).all(|ahead| self.peek(ahead) == Some('#'));
            if closes {
                for _ in 0..=hashes {
                    self.keep();
                }
                return;
            }
            self.blank();
        }
    }

    /// Stands on `'`: a character literal is blanked, a lifetime or label stays.
    fn quote(&mut self) {
        self.keep();
        if self.peek(0) == Some('\\') {
            self.blank();
            self.blank();
            self.blank_while(|c| c != '\'');
            self.keep();
        } else if self.peek(1) == Some('\'') {
            self.blank();
            self.keep();
        }
    }
}

#[cfg(test)]
mod tests;
