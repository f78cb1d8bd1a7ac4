//! Text of a sidecar and a verdict in, text with the verdict in it out.
//!
//! What is written: see [`Statement`]. A property counts as edgecull's when it
//! is listed, with its present value, in `edgecull:Wrote`, which every edited
//! sidecar carries; as free when it is absent or says "none"; else as somebody
//! else's, and then it stays. So a person's stars and flags outlive every run,
//! and what an earlier run said is taken back by a later one.

use super::tree::{Damage, Element, parse};
use edgecull_core::verdict::Decision;
use quick_xml::escape::escape;
use std::ops::Range;

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const XMP_DM: &str = "http://ns.adobe.com/xmp/1.0/DynamicMedia/";
const DIGIKAM: &str = "http://www.digikam.org/ns/1.0/";
const PHOTO_MECHANIC: &str = "http://ns.camerabits.com/photomechanic/1.0/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
const LIGHTROOM: &str = "http://ns.adobe.com/lightroom/1.0/";
const EDGECULL: &str = "urn:edgecull:xmp:1:";

/// What a sidecar is to say.
#[derive(Clone, Debug)]
pub(super) struct Statement<'a> {
    pub(super) decision: Decision,
    /// Published names of the reasons.
    pub(super) reasons: &'a [String],
    /// Ending of the file that the sidecar is for, where its own name does not
    /// tell.
    pub(super) extension: Option<&'a str>,
    /// The time of the edit, ISO 8601.
    pub(super) now: &'a str,
}

/// A property that says the verdict to some application.
struct Property {
    namespace: &'static str,
    prefix: &'static str,
    local: &'static str,
    keep: Option<&'static str>,
    review: Option<&'static str>,
    reject: Option<&'static str>,
    /// The value that means: nobody has said anything.
    neutral: Option<&'static str>,
}

const fn property(
    namespace: &'static str,
    prefix: &'static str,
    local: &'static str,
    values: [Option<&'static str>; 3],
    neutral: Option<&'static str>,
) -> Property {
    let [keep, review, reject] = values;
    Property { namespace, prefix, local, keep, review, reject, neutral }
}

const PROPERTIES: [Property; 6] = [
    property(XMP, "xmp", "Rating", [None, None, Some("-1")], Some("0")),
    property(XMP_DM, "xmpDM", "pick", [Some("1"), None, Some("-1")], Some("0")),
    property(XMP_DM, "xmpDM", "good", [Some("True"), None, Some("False")], None),
    property(DIGIKAM, "digiKam", "PickLabel", [Some("3"), Some("2"), Some("1")], Some("0")),
    property(DIGIKAM, "digiKam", "ColorLabel", [None, None, Some("1")], Some("0")),
    property(
        PHOTO_MECHANIC,
        "photomechanic",
        "Tagged",
        [Some("True"), None, Some("False")],
        Some("False"),
    ),
];

impl Property {
    fn value(&self, decision: Decision) -> Option<&'static str> {
        match decision {
            Decision::Keep => self.keep,
            Decision::Review => self.review,
            Decision::Reject => self.reject,
            Decision::Error => None,
        }
    }
}

/// A sidecar that says nothing yet.
pub(super) const EMPTY: &str = concat!(
    "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n",
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\" x:xmptk=\"edgecull ",
    env!("CARGO_PKG_VERSION"),
    "\">\n",
    " <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n",
    "  <rdf:Description rdf:about=\"\">\n",
    "  </rdf:Description>\n",
    " </rdf:RDF>\n",
    "</x:xmpmeta>\n",
    "<?xpacket end=\"w\"?>\n",
);

/// Makes `source` say what is stated. `None` when it does already.
pub(super) fn merge(source: &str, say: &Statement) -> Result<Option<String>, Damage> {
    let Some(merged) = edit(source, say)? else {
        return Ok(None);
    };
    // The proof that the text came out as meant: nothing is left to do.
    match edit(&merged, say) {
        Ok(None) => Ok(Some(merged)),
        Ok(Some(_)) | Err(_) => Err(Damage::Unusual),
    }
}

fn edit(source: &str, say: &Statement) -> Result<Option<String>, Damage> {
    let root = parse(source)?;
    let rdf = find_rdf(&root).ok_or(Damage::NotXmp)?;
    let descriptions: Vec<&Element> =
        rdf.children.iter().filter(|e| e.name.is(RDF, "Description")).collect();
    let host = *descriptions.first().ok_or(Damage::NotXmp)?;
    let mut editor = Editor::new(source, host, descriptions);
    editor.properties(say.decision);
    let tag = |separator: &str, parts: &[&str]| parts.join(separator);
    let verdict = say.decision.name();
    let mut flat = vec![tag(":", &["cull", verdict])];
    flat.extend(say.reasons.iter().map(|r| tag(":", &["cull", r])));
    let mut deep: Vec<_> = say.reasons.iter().map(|r| tag("|", &["cull", verdict, r])).collect();
    if deep.is_empty() {
        deep.push(tag("|", &["cull", verdict]));
    }
    editor.list(DC, "dc", "subject", "cull:", &flat);
    editor.list(LIGHTROOM, "lr", "hierarchicalSubject", "cull|", &deep);
    if let Some(extension) = say.extension
        && editor.places(PHOTOSHOP, "SidecarForExtension").is_empty()
    {
        editor.set(PHOTOSHOP, "photoshop", "SidecarForExtension", extension);
    }
    if !editor.is_changed() {
        return Ok(None);
    }
    editor.set(XMP, "xmp", "MetadataDate", say.now);
    Ok(Some(editor.finish()))
}

fn find_rdf(root: &Element) -> Option<&Element> {
    if root.name.is(RDF, "RDF") {
        return Some(root);
    }
    root.children.iter().find(|e| e.name.is(RDF, "RDF"))
}

/// Where a property stands.
enum Place<'t> {
    Attribute { whole: Range<usize>, inside: Range<usize>, value: &'t str },
    Element(&'t Element),
}

impl Place<'_> {
    fn value(&self) -> &str {
        match self {
            Self::Attribute { value, .. } => value.trim(),
            Self::Element(element) => element.text.trim(),
        }
    }
}

/// Collects edits of one text.
struct Editor<'t> {
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
    fn new(source: &'t str, host: &'t Element, descriptions: Vec<&'t Element>) -> Self {
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

    fn is_changed(&self) -> bool {
        !self.edits.is_empty() || !self.attributes.is_empty() || !self.children.is_empty()
    }

    fn places(&self, namespace: &str, local: &str) -> Vec<Place<'t>> {
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

    /// Sets the six properties, as far as they are free or edgecull's own.
    fn properties(&mut self, decision: Decision) {
        let marker = self.places(EDGECULL, "Wrote");
        let before = marker.first().map_or_else(String::new, |p| p.value().to_owned());
        let mut wrote = Vec::new();
        for p in &PROPERTIES {
            let places = self.places(p.namespace, p.local);
            let current = places.first().map(|place| place.value().to_owned());
            let is = |value: &str| current.as_ref().is_some_and(|c| c.eq_ignore_ascii_case(value));
            let ours = before
                .split_whitespace()
                .filter_map(|pair| pair.split_once('='))
                .any(|(local, value)| local == p.local && is(value));
            let free = ours || current.is_none() || p.neutral.is_some_and(is);
            match p.value(decision) {
                Some(value) => {
                    let same = is(value);
                    if free && !same {
                        self.set(p.namespace, p.prefix, p.local, value);
                    }
                    if ours || (free && !same) {
                        wrote.push(format!("{}={value}", p.local));
                    }
                }
                None if ours => places.iter().for_each(|place| self.remove(place)),
                None => {}
            }
        }
        let wrote = wrote.join(" ");
        if wrote != before {
            if wrote.is_empty() {
                marker.iter().for_each(|place| self.remove(place));
            } else {
                self.set(EDGECULL, "edgecull", "Wrote", &wrote);
            }
        }
    }

    /// Gives a simple property its value, wherever it stands.
    fn set(&mut self, namespace: &str, prefix: &str, local: &str, value: &str) {
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

    fn remove(&mut self, place: &Place) {
        let range = match place {
            Place::Attribute { whole, .. } => whole.clone(),
            Place::Element(e) => self.with_blanks(&e.whole),
        };
        self.edits.push((range, String::new()));
    }

    /// Makes the items of a list that begin with `ours` be those of `wanted`.
    fn list(&mut self, namespace: &str, prefix: &str, local: &str, ours: &str, wanted: &[String]) {
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

    fn finish(mut self) -> String {
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

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
