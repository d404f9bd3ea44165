//! Splits source text of a small language into tokens.

use std::fmt;

#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    Number(f64),
    Name(String),
    Text(String),
    Symbol(char),
}

#[derive(Debug, PartialEq)]
pub struct LexError {
    pub line: usize,
    pub message: String,
}

impl fmt::Display for LexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

pub struct Lexer<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(source: &'a str) -> Self {
        Lexer { chars: source.chars().peekable(), line: 1 }
    }

    /// All tokens, or the first error.
    pub fn tokens(mut self) -> Result<Vec<(usize, Token)>, LexError> {
        let mut found = Vec::new();
        while let Some(&c) = self.chars.peek() {
            match c {
                '\n' => {
                    self.line += 1;
                    self.chars.next();
                }
                c if c.is_whitespace() => {
                    self.chars.next();
                }
                '#' => {
                    while self.chars.next_if(|&c| c != '\n').is_some() {}
                }
                '"' => found.push((self.line, self.text()?)),
                c if c.is_ascii_digit() => found.push((self.line, self.number()?)),
                c if c.is_alphabetic() || c == '_' => {
                    let name = self.take_while(|c| c.is_alphanumeric() || c == '_');
                    found.push((self.line, Token::Name(name)));
                }
                '+' | '-' | '*' | '/' | '(' | ')' | '=' | ',' => {
                    self.chars.next();
                    found.push((self.line, Token::Symbol(c)));
                }
                other => return Err(self.error(format!("unexpected {other:?}"))),
            }
        }
        Ok(found)
    }

    fn take_while(&mut self, test: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(c) = self.chars.next_if(|&c| test(c)) {
            taken.push(c);
        }
        taken
    }

    fn number(&mut self) -> Result<Token, LexError> {
        let digits = self.take_while(|c| c.is_ascii_digit() || c == '.');
        digits.parse().map(Token::Number).map_err(|_| self.error(format!("bad number {digits}")))
    }

    fn text(&mut self) -> Result<Token, LexError> {
        self.chars.next();
        let mut value = String::new();
        while let Some(c) = self.chars.next() {
            match c {
                '"' => return Ok(Token::Text(value)),
                '\\' => match self.chars.next() {
                    Some('n') => value.push('\n'),
                    Some(escaped) => value.push(escaped),
                    None => break,
                },
                '\n' => break,
                c => value.push(c),
            }
        }
        Err(self.error("text is not closed".to_string()))
    }

    fn error(&self, message: String) -> LexError {
        LexError { line: self.line, message }
    }
}
