use clap::CommandFactory as _;

use super::*;

/// The words of a shell's line up to its first pipe, redirection or comment, quotes taken away.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut is_open = false;
    for character in line.trim().chars() {
        match (quote, character) {
            (None, '|' | '>' | '<' | ';') => break,
            (None, '#') if !is_open => break,
            (None, '\'' | '"') => (quote, is_open) = (Some(character), true),
            (Some(open), _) if open == character => quote = None,
            (None, ' ') => {
                if is_open {
                    words.push(String::new());
                }
                is_open = false;
            }
            _ => {
                words.last_mut().unwrap().push(character);
                is_open = true;
            }
        }
    }
    if !is_open {
        words.pop();
    }
    words
}

/// Every command line of ours in a text: those that begin a line, or stand behind a pipe.
fn lines_of(text: &str) -> Vec<Vec<String>> {
    let joined = text.replace("\\\n", " ");
    let pieces = joined.lines().flat_map(|line| line.split(" | ").map(str::trim));
    pieces.filter(|piece| piece.starts_with("larder ")).map(words).collect()
}

fn commands(command: &clap::Command, path: &str, found: &mut Vec<(String, String)>) {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    if command.get_subcommands().next().is_none() {
        found.push((path.to_owned(), help));
    }
    for sub in command.get_subcommands() {
        commands(sub, &format!("{path} {}", sub.get_name()), found);
    }
}

fn all_commands() -> Vec<(String, String)> {
    let mut found = Vec::new();
    commands(&Arguments::command(), "larder", &mut found);
    found
}

fn parses(words: &[String]) -> Result<(), String> {
    Arguments::try_parse_from(words).map(|_| ()).map_err(|error| format!("{words:?}: {error}"))
}

fn page(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../../{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn the_commands_are_well_formed() {
    Arguments::command().debug_assert();
}

#[test]
fn every_example_of_a_help_text_is_a_command() {
    for (path, help) in all_commands() {
        let examples = lines_of(&help);
        for words in &examples {
            parses(words).unwrap();
        }
        let is_plain = matches!(path.as_str(), "larder dev" | "larder serve" | "larder token new");
        assert!(
            is_plain || examples.iter().any(|words| words.join(" ").starts_with(&path)),
            "{path} teaches nothing"
        );
    }
}

#[test]
fn the_page_has_an_example_of_every_command_and_all_of_them_are_commands() {
    let page = page("docs/cli.md");
    let examples = lines_of(&page);
    for words in &examples {
        parses(words).unwrap();
    }
    for (path, _) in all_commands() {
        let has_one =
            examples.iter().any(|words| format!("{} ", words.join(" ")).starts_with(&format!("{path} ")));
        assert!(has_one, "docs/cli.md has no example of {path}");
    }
    for words in lines_of(&self::page("README.md")) {
        parses(&words).unwrap();
    }
}
