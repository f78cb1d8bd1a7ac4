//! Text of a sidecar and a verdict in, text with the verdict in it out.
//!
//! What is written: see [`Statement`]. A property counts as edgecull's when it
//! is listed, with its present value, in `edgecull:Wrote`, which every edited
//! sidecar carries; as free when it is absent or says "none"; else as somebody
//! else's, and then it stays. So a person's stars and flags outlive every run,
//! and what an earlier run said is taken back by a later one.

use super::editor::Editor;
use super::tree::{Damage, Element, RDF, parse};
use edgecull_core::verdict::Decision;

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
    /// Kinds and names of the burst or set that the frame is in.
    pub(super) groups: &'a [[&'a str; 2]],
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
    flat.extend(say.groups.iter().map(|[kind, name]| tag(":", &["cull", kind, name])));
    let mut deep: Vec<_> = say.reasons.iter().map(|r| tag("|", &["cull", verdict, r])).collect();
    if deep.is_empty() {
        deep.push(tag("|", &["cull", verdict]));
    }
    deep.extend(say.groups.iter().map(|[kind, name]| tag("|", &["cull", kind, name])));
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

impl Editor<'_> {
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
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
