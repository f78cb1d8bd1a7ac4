//! The text of a sidecar as elements that know where they stand in it, so that
//! an edit touches nothing else.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::ops::Range;

/// The namespace that XMP is written in.
pub(super) const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/// Deeper nesting than this is damage: XMP needs about ten.
const MAX_DEPTH: usize = 128;

/// Why a text is no sidecar.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// It is not well-formed.
    #[error("it is no well-formed XML: {0} (byte {1})")]
    Xml(String, usize),
    /// It is XML, but not XMP.
    #[error("it holds no rdf:RDF element")]
    NotXmp,
    /// It is not UTF-8.
    #[error("it is not in UTF-8 (byte {0})")]
    Encoding(usize),
    /// The edited text would not say what it should.
    #[error("its layout is too unusual to be edited safely")]
    Unusual,
}

/// A name with its namespace; empty where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) namespace: String,
    pub(super) local: String,
}

impl Name {
    pub(super) fn is(&self, namespace: &str, local: &str) -> bool {
        self.namespace == namespace && self.local == local
    }
}

#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: Name,
    /// From the blank before the name to the closing quote.
    pub(super) whole: Range<usize>,
    /// Between the quotes.
    pub(super) inside: Range<usize>,
    pub(super) value: String,
}

#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: Name,
    /// As written, with its prefix.
    pub(super) raw_name: String,
    /// The start tag.
    pub(super) tag: Range<usize>,
    /// Between the tags; `None` for `<a/>`.
    pub(super) content: Option<Range<usize>>,
    /// From `<` of the start tag to `>` of the end tag.
    pub(super) whole: Range<usize>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) children: Vec<Element>,
    /// All text directly inside.
    pub(super) text: String,
    /// Prefixes and their namespaces, outer ones first.
    pub(super) bindings: Vec<(String, String)>,
}

/// Reads a whole text; gives its root element.
pub(super) fn parse(source: &str) -> Result<Element, Damage> {
    let mut reader = Reader::from_str(source);
    reader.config_mut().check_comments = true;
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<Element> = None;
    loop {
        let from = position(&reader);
        let damage = |said: &dyn ToString, at| Damage::Xml(said.to_string(), at);
        let event = reader.read_event();
        let event = event.map_err(|e| damage(&e, from))?;
        let to = position(&reader);
        match event {
            Event::Start(tag) | Event::Empty(tag) if root.is_some() && open.is_empty() => {
                return Err(damage(&format!("a second root <{}>", tag.name().0), from));
            }
            Event::Start(tag) => {
                if open.len() >= MAX_DEPTH {
                    return Err(damage(&"nested too deeply", from));
                }
                open.push(element(source, &tag, from..to, open.last())?);
            }
            Event::Empty(tag) => {
                let element = element(source, &tag, from..to, open.last())?;
                close(element, &mut open, &mut root);
            }
            Event::End(_) => {
                let Some(mut element) = open.pop() else {
                    return Err(damage(&"an end tag too many", from));
                };
                element.content = Some(element.tag.end..from);
                element.whole.end = to;
                close(element, &mut open, &mut root);
            }
            Event::Text(text) => append(&mut open, &text),
            Event::CData(text) => append(&mut open, &text),
            Event::GeneralRef(name) => {
                let reference = format!("&{};", &*name);
                let text = quick_xml::escape::unescape(&reference);
                append(&mut open, &text.unwrap_or((&*reference).into()));
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    if let Some(element) = open.last() {
        let said = format!("<{}> is never closed", element.raw_name);
        return Err(Damage::Xml(said, element.tag.start));
    }
    root.ok_or(Damage::NotXmp)
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *root = Some(element),
    }
}

fn element(
    source: &str,
    tag: &BytesStart,
    span: Range<usize>,
    parent: Option<&Element>,
) -> Result<Element, Damage> {
    let mut bindings = parent.map_or_else(Vec::new, |p| p.bindings.clone());
    let mut found = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|e| Damage::Xml(e.to_string(), span.start))?;
        let key = attribute.key.0;
        let value = quick_xml::escape::unescape(&attribute.value)
            .map_or_else(|_| attribute.value.to_string(), |v| v.into_owned());
        if key == "xmlns" {
            bindings.push((String::new(), value));
        } else if let Some(prefix) = key.strip_prefix("xmlns:") {
            bindings.push((prefix.to_owned(), value));
        } else {
            let at = offset(source, key).zip(offset(source, &attribute.value));
            let (start, inside) = at.ok_or(Damage::Unusual)?;
            let before = source.get(..start).unwrap_or_default();
            let whole = before.trim_end().len()..inside + attribute.value.len() + 1;
            let inside = inside..inside + attribute.value.len();
            found.push((key.to_owned(), whole, inside, value));
        }
    }
    let resolve = |raw: &str, default: bool| {
        let (prefix, local) = raw.split_once(':').unwrap_or(("", raw));
        let bound = !prefix.is_empty() || default;
        let namespace = bindings.iter().rev().find(|(p, _)| bound && p == prefix);
        let namespace = namespace.map_or("", |(_, uri)| uri.as_str());
        Name { namespace: namespace.to_owned(), local: local.to_owned() }
    };
    let attributes = found
        .into_iter()
        .map(|(key, whole, inside, value)| Attribute {
            // An attribute without prefix has no namespace.
            name: resolve(&key, false),
            whole,
            inside,
            value,
        })
        .collect();
    let raw_name = tag.name().0.to_owned();
    Ok(Element {
        name: resolve(&raw_name, true),
        raw_name,
        tag: span.clone(),
        content: None,
        whole: span,
        attributes,
        children: Vec::new(),
        text: String::new(),
        bindings,
    })
}

/// Where in `source` a slice of it begins; `None` if it is no slice of it.
fn offset(source: &str, part: &str) -> Option<usize> {
    let at = (part.as_ptr() as usize).checked_sub(source.as_ptr() as usize)?;
    (source.get(at..at.checked_add(part.len())?)? == part).then_some(at)
}

impl Element {
    /// The first prefix (never the empty one) that means `namespace` here.
    pub(super) fn prefix_of(&self, namespace: &str) -> Option<&str> {
        let (prefix, _) = self.bindings.iter().find(|(prefix, uri)| {
            let latest = self.bindings.iter().rev().find(|(p, _)| p == prefix);
            !prefix.is_empty() && uri == namespace && latest.is_some_and(|(_, u)| u == namespace)
        })?;
        Some(prefix)
    }

    pub(super) fn has_prefix(&self, prefix: &str) -> bool {
        self.bindings.iter().any(|(p, _)| p == prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_those_of_the_text() {
        let source = "<?xml version='1.0'?>\n<a:x xmlns:a='urn:a'\n  a:k = \"v&amp;w\" l='2'><b/>t&lt;<a:y>z</a:y></a:x>\n";
        let root = parse(source).expect("well-formed");
        assert!(root.name.is("urn:a", "x"));
        let k = &root.attributes[0];
        assert!(k.name.is("urn:a", "k"));
        assert_eq!(k.value, "v&w");
        assert_eq!(&source[k.inside.clone()], "v&amp;w");
        assert_eq!(&source[k.whole.clone()], "\n  a:k = \"v&amp;w\"");
        assert!(root.attributes[1].name.is("", "l"));
        assert_eq!(root.text, "t<");
        assert!(root.children[0].name.is("", "b"));
        assert_eq!(root.children[0].content, None);
        let y = &root.children[1];
        assert_eq!(&source[y.whole.clone()], "<a:y>z</a:y>");
        assert_eq!(&source[y.content.clone().expect("content")], "z");
    }

    #[test]
    fn prefixes_follow_the_scope() {
        let root = parse("<x xmlns='u:1' xmlns:p='u:1'><y xmlns:p='u:2' xmlns:q='u:1'/></x>");
        let root = root.expect("well-formed");
        assert_eq!(root.prefix_of("u:1"), Some("p"));
        assert_eq!(root.children[0].prefix_of("u:1"), Some("q"));
        assert!(root.children[0].name.is("u:1", "y"));
    }

    #[test]
    fn damage_is_found() {
        let deep = "<a>".repeat(100_000);
        for bad in ["", "text", "<a>", "<a></b>", "<a/><b/>", "<a b='1' b='2'/>", "<a", &deep] {
            assert!(parse(bad).is_err(), "{bad:.20}");
        }
    }
}
