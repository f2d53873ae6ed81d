//! Function length: the largest unit a reader has to hold in mind at once.

use super::{Finding, Tree, is_production, mask, production_lines};

/// From the line of `fn` to that of its closing brace, both included.
const LINES_MAX: usize = 70;

/// Functions that may be longer: path, name, why splitting would not help the reader.
const ALLOWED: &[(&str, &str, &str)] = &[];

/// A function with a body, as found in a source.
#[derive(Debug, PartialEq, Eq)]
struct Function {
    name: String,
    line: usize,
    lines: usize,
}

/// Every production function longer than the limit, and every permission that is no longer needed.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    check_with(tree, ALLOWED)
}

fn check_with(tree: &Tree, allowed: &[(&str, &str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used = Vec::new();
    for (path, source) in tree.iter().filter(|(path, _)| is_production(path)) {
        let masked = mask::code_only(source);
        let production = production_lines(&masked);
        let long = functions(&masked).into_iter().filter(|f| f.lines > LINES_MAX && f.line <= production);
        for function in long {
            if let Some(row) = allowed.iter().find(|(at, name, _)| at == path && *name == function.name) {
                used.push(row);
                continue;
            }
            let place = format!("{path}:{}", function.line);
            let what = format!("`{}` has {} lines, {LINES_MAX} are the limit", function.name, function.lines);
            findings.push(Finding::error(place, what));
        }
    }
    let idle = allowed.iter().filter(|row| !used.contains(row));
    findings.extend(
        idle.map(|(path, name, _)| Finding::error(*path, format!("the permission for `{name}` is unused"))),
    );
    findings
}

/// The functions of a masked source, nested ones too, in order of their first line.
fn functions(masked: &str) -> Vec<Function> {
    let chars: Vec<char> = masked.chars().collect();
    let mut found = Vec::new();
    let mut line = 1;
    for at in 0..chars.len() {
        if chars[at] == '\n' {
            line += 1;
        }
        let Some(name_at) = name_of_function_at(&chars, at) else { continue };
        if let Some(lines) = body_lines(&chars[at..]) {
            let name = chars[name_at..].iter().take_while(|c| is_word(**c)).collect();
            found.push(Function { name, line, lines });
        }
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the name begins, if the keyword `fn` stands at `at` and a name follows (a function pointer has none).
fn name_of_function_at(chars: &[char], at: usize) -> Option<usize> {
    let starts_word = at == 0 || !is_word(chars[at - 1]);
    if !starts_word
        || !chars[at..].starts_with(&['f', 'n'])
        || chars.get(at + 2).is_none_or(|c| !c.is_whitespace())
    {
        return None;
    }
    let name = (at + 2..chars.len()).find(|i| !chars[*i].is_whitespace())?;
    is_word(chars[name]).then_some(name)
}

/// Lines from here to the end of the body; none for a declaration without one.
fn body_lines(chars: &[char]) -> Option<usize> {
    let mut lines = 1;
    let mut depth = 0_usize;
    let mut in_body = false;
    for c in chars {
        match c {
            '\n' => lines += 1,
            ';' if depth == 0 => return None,
            // Braces inside parentheses or brackets of the signature belong to an expression there.
            '{' if depth == 0 => {
                in_body = true;
                depth = 1;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1)?;
                if in_body && depth == 0 {
                    return Some(lines);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
