//! Numbers written in digits, in the groupings of the world: "1,234,567", "12,34,567", "1'234", "1.234,5".
//!
//! In: one token's text. Out: its value and the [`Style`] that it is written in. What holds: what is no number, such as the
//! date 15.11.2020, has no value; whether a dot before three digits groups is left to the neighbourhood.

/// How digits are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Grouped,
    Decimal,
    /// `437,6`.
    CommaDecimal,
    /// `216.771`: a decimal or a group, which only the neighbourhood tells.
    DotThree,
}

/// Reads one written number; `None` for dates such as `15.11.2020` and other things with marks between digits.
pub(super) fn digits(text: &str) -> Option<(f64, Style)> {
    let clean: String = text.chars().map(|c| if c == '’' { '\'' } else { c }).collect();
    let number = |text: &str| text.parse::<f64>().ok();
    if clean.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((number(&clean)?, Style::Plain));
    }
    let joined = |separator: char| clean.chars().filter(|c| *c != separator).collect::<String>();
    let count = |mark: char| clean.matches(mark).count();
    let (dots, commas, ticks) = (count('.'), count(','), count('\''));
    if ticks > 0 {
        return (dots + commas == 0 && western(&clean, '\''))
            .then(|| number(&joined('\'')))?
            .map(|value| (value, Style::Grouped));
    }
    match (commas, dots) {
        (0, 1) => {
            let (whole, fraction) = clean.split_once('.')?;
            let three = fraction.len() == 3 && whole.len() <= 3 && !whole.starts_with('0');
            Some((number(&clean)?, if three { Style::DotThree } else { Style::Decimal }))
        }
        (0, _) => western(&clean, '.').then(|| number(&joined('.')))?.map(|value| (value, Style::Grouped)),
        (_, 0) if western(&clean, ',') || indian(&clean) => Some((number(&joined(','))?, Style::Grouped)),
        (1, 0) => {
            let fraction = clean.split_once(',').map_or(0, |(_, fraction)| fraction.len());
            (fraction <= 2).then(|| number(&clean.replace(',', ".")))?.map(|value| (value, Style::CommaDecimal))
        }
        (_, 1) => {
            let (whole, _) = clean.split_once('.')?;
            if western(whole, ',') || indian(whole) {
                return Some((number(&joined(','))?, Style::Grouped));
            }
            let (whole, fraction) = clean.split_once(',')?;
            let value = format!("{}.{fraction}", whole.replace('.', ""));
            western(whole, '.').then(|| number(&value))?.map(|value| (value, Style::Grouped))
        }
        _ => None,
    }
}

/// `1,234,567`.
fn western(text: &str, mark: char) -> bool {
    let mut groups = text.split(mark);
    groups.next().is_some_and(|first| (1..=3).contains(&first.len())) && groups.all(|group| group.len() == 3)
}

/// `12,34,567`.
fn indian(text: &str) -> bool {
    let groups: Vec<&str> = text.split(',').collect();
    let [first, middle @ .., last] = groups.as_slice() else { return false };
    (1..=2).contains(&first.len())
        && !middle.is_empty()
        && middle.iter().all(|group| group.len() == 2)
        && last.len() == 3
}
