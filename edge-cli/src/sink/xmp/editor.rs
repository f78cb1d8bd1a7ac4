//! Edits of a sidecar's text, collected and then made at once.

use super::tree::{Element, RDF};
use quick_xml::escape::escape;
use std::ops::Range;

/// Where a property stands.
pub(super) enum Place<'t> {
    Attribute { whole: Range<usize>, inside: Range<usize>, value: &'t str },
    Element(&'t Element),
}

impl Place<'_> {
    pub(super) fn value(&self) -> &str {
        match self {
            Self::Attribute { value, .. } => value.trim(),
            Self::Element(element) => element.text.trim(),
        }
    }
}

/// Collects edits of one text.
pub(super) struct Editor<'t> {
    source: &'t str,
    /// Gets what is not there yet.
    host: &'t Element,
    descriptions: Vec<&'t Element>,
    edits: Vec<(Range<usize>, String)>,
    attributes: String,
    children: String,
    declared: Vec<(String, String)>,
    newline: &'static str,
    indent: &'t str,
}

impl<'t> Editor<'t> {
    pub(super) fn new(source: &'t str, host: &'t Element, descriptions: Vec<&'t Element>) -> Self {
        let before = source.get(..host.tag.start).unwrap_or_default();
        let indent = before.rsplit('\n').next().unwrap_or_default();
        Self {
            source,
            host,
            descriptions,
            edits: Vec::new(),
            attributes: String::new(),
            children: String::new(),
            declared: Vec::new(),
            newline: if source.contains("\r\n") { "\r\n" } else { "\n" },
            indent: if indent.trim().is_empty() { indent } else { "" },
        }
    }

    pub(super) fn is_changed(&self) -> bool {
        !self.edits.is_empty() || !self.attributes.is_empty() || !self.children.is_empty()
    }

    pub(super) fn places(&self, namespace: &str, local: &str) -> Vec<Place<'t>> {
        let mut places = Vec::new();
        for description in &self.descriptions {
            for a in description.attributes.iter().filter(|a| a.name.is(namespace, local)) {
                let (whole, inside) = (a.whole.clone(), a.inside.clone());
                places.push(Place::Attribute { whole, inside, value: &a.value });
            }
            let elements = description.children.iter().filter(|e| e.name.is(namespace, local));
            places.extend(elements.map(Place::Element));
        }
        places
    }

    /// Gives a simple property its value, wherever it stands.
    pub(super) fn set(&mut self, namespace: &str, prefix: &str, local: &str, value: &str) {
        let places = self.places(namespace, local);
        let value = escape(value);
        for place in &places {
            match place {
                Place::Attribute { inside, .. } => {
                    self.edits.push((inside.clone(), value.to_string()));
                }
                Place::Element(e) => self.edits.push(match &e.content {
                    Some(content) => (content.clone(), value.to_string()),
                    None => (e.whole.clone(), format!("<{0}>{value}</{0}>", e.raw_name)),
                }),
            }
        }
        if places.is_empty() {
            let prefix = self.prefix(namespace, prefix);
            let gap = self.gap();
            self.attributes.push_str(&format!("{gap}{prefix}:{local}=\"{value}\""));
        }
    }

    pub(super) fn remove(&mut self, place: &Place) {
        let range = match place {
            Place::Attribute { whole, .. } => whole.clone(),
            Place::Element(e) => self.with_blanks(&e.whole),
        };
        self.edits.push((range, String::new()));
    }

    /// Makes the items of a list that begin with `ours` be those of `wanted`.
    pub(super) fn list(
        &mut self,
        namespace: &str,
        prefix: &str,
        local: &str,
        ours: &str,
        wanted: &[String],
    ) {
        let elements = self.places(namespace, local).into_iter().filter_map(|p| match p {
            Place::Element(e) => Some(e),
            Place::Attribute { .. } => None,
        });
        let lists: Vec<&Element> = elements.collect();
        let item = |e: &&Element| e.name.is(RDF, "li");
        let has_items = |e: &&&Element| {
            e.children
                .iter()
                .any(|bag| bag.name.namespace == RDF && bag.children.iter().any(|i| item(&i)))
        };
        if let Some(list) = lists.iter().find(has_items) {
            for bag in &list.children {
                self.items(bag, ours, wanted);
            }
            return;
        }
        let (prefix, rdf) = (self.prefix(namespace, prefix), self.prefix(RDF, "rdf"));
        let (newline, indent) = (self.newline, format!("{}{} ", self.newline, self.indent));
        let items: Vec<String> = wanted
            .iter()
            .map(|w| format!("{indent}  <{rdf}:li>{}</{rdf}:li>", escape(w)))
            .collect();
        // A list that is there, but as plain text, becomes its first item.
        let old = lists.first().map(|e| e.text.trim()).filter(|t| !t.is_empty());
        let old = old
            .map_or_else(String::new, |t| format!("{indent}  <{rdf}:li>{}</{rdf}:li>", escape(t)));
        let body = format!(
            "<{prefix}:{local}>{indent} <{rdf}:Bag>{old}{}{indent} </{rdf}:Bag>{indent}</{prefix}:{local}>",
            items.concat()
        );
        match lists.first() {
            Some(empty) => self.edits.push((empty.whole.clone(), body)),
            None => self.children.push_str(&format!("{newline}{} {body}", self.indent)),
        }
    }

    /// The same inside one `rdf:Bag` that has items.
    fn items(&mut self, bag: &Element, ours: &str, wanted: &[String]) {
        let items: Vec<&Element> = bag.children.iter().filter(|e| e.name.is(RDF, "li")).collect();
        let mine: Vec<&&Element> =
            items.iter().filter(|i| i.text.trim().starts_with(ours)).collect();
        if mine.iter().map(|i| i.text.trim()).eq(wanted.iter().map(String::as_str)) {
            return;
        }
        for item in mine {
            self.edits.push((self.with_blanks(&item.whole), String::new()));
        }
        let (Some(last), Some(content)) = (items.last(), &bag.content) else {
            return;
        };
        let blanks = self.with_blanks(&last.whole).start..last.whole.start;
        let gap = self.source.get(blanks).unwrap_or_default();
        let name = &last.raw_name;
        let new: Vec<String> =
            wanted.iter().map(|w| format!("{gap}<{name}>{}</{name}>", escape(w))).collect();
        let end = last.whole.end.min(content.end);
        self.edits.push((end..end, new.concat()));
    }

    /// The range with the blanks before it.
    fn with_blanks(&self, range: &Range<usize>) -> Range<usize> {
        let before = self.source.get(..range.start).unwrap_or_default();
        before.trim_end().len()..range.end
    }

    /// What stands before a new attribute.
    fn gap(&self) -> String {
        let tag = self.source.get(self.host.tag.clone()).unwrap_or_default();
        let is_flat = !self.source.get(..self.host.tag.start).unwrap_or_default().contains('\n');
        if is_flat && !tag.contains('\n') {
            " ".to_owned()
        } else {
            format!("{}{}  ", self.newline, self.indent)
        }
    }

    /// A prefix for a namespace at the host, declared there if need be.
    fn prefix(&mut self, namespace: &str, preferred: &str) -> String {
        if let Some(prefix) = self.host.prefix_of(namespace) {
            return prefix.to_owned();
        }
        if let Some((prefix, _)) = self.declared.iter().find(|(_, uri)| uri == namespace) {
            return prefix.clone();
        }
        let mut prefix = preferred.to_owned();
        while self.host.has_prefix(&prefix) || self.declared.iter().any(|(p, _)| *p == prefix) {
            prefix.push('_');
        }
        let gap = self.gap();
        self.attributes.push_str(&format!("{gap}xmlns:{prefix}=\"{namespace}\""));
        self.declared.push((prefix.clone(), namespace.to_owned()));
        prefix
    }

    pub(super) fn finish(mut self) -> String {
        let tag = self.source.get(self.host.tag.clone()).unwrap_or_default();
        let close = if tag.ends_with("/>") { 2 } else { 1 };
        let inside = tag.get(..tag.len() - close).unwrap_or_default().trim_end();
        let at = self.host.tag.start + inside.len();
        if !self.attributes.is_empty() {
            self.edits.push((at..at, std::mem::take(&mut self.attributes)));
        }
        if !self.children.is_empty() {
            let children = std::mem::take(&mut self.children);
            match &self.host.content {
                Some(content) => {
                    let text = self.source.get(content.clone()).unwrap_or_default();
                    let at = content.start + text.trim_end().len();
                    let tail = if text.trim_end().len() == text.len() { self.newline } else { "" };
                    self.edits.push((at..at, format!("{children}{tail}")));
                }
                None => {
                    let (newline, indent, name) = (self.newline, self.indent, &self.host.raw_name);
                    let body = format!(">{children}{newline}{indent}</{name}>");
                    self.edits.push((self.host.tag.end - 2..self.host.tag.end, body));
                }
            }
        }
        // From the end on, so that earlier ranges stay true. At one place, a
        // removal comes after an insertion in the text.
        self.edits.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = self.source.to_owned();
        for (range, text) in self.edits.iter().rev() {
            if out.is_char_boundary(range.start) && out.is_char_boundary(range.end) {
                out.replace_range(range.clone(), text);
            }
        }
        out
    }
}
