use super::*;

/// Laid out as raw developers write it, with a comment by hand.
const SAMPLE: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xap="http://ns.adobe.com/xap/1.0/"
    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
   xap:Rating="3"
   xap:MetadataDate="2020-01-01T00:00:00+01:00"
   crs:Exposure2012="+0.35"
   crs:ToneCurveName2012="Linear">
   <!-- by hand -->
   <dc:subject>
    <rdf:Bag>
     <rdf:li>beach</rdf:li>
     <rdf:li>R&amp;D &lt;2024&gt;</rdf:li>
    </rdf:Bag>
   </dc:subject>
   <dc:title>
    <rdf:Alt>
     <rdf:li xml:lang="x-default"><![CDATA[a < b]]></rdf:li>
    </rdf:Alt>
   </dc:title>
   <crs:ToneCurvePV2012>
    <rdf:Seq>
     <rdf:li>0, 0</rdf:li>
     <rdf:li>255, 255</rdf:li>
    </rdf:Seq>
   </crs:ToneCurvePV2012>
  </rdf:Description>
  <rdf:Description rdf:about=""
    xmlns:me="urn:somebody">
   <me:note>keep this</me:note>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"#;

fn say(decision: Decision, reasons: &[String]) -> Statement<'_> {
    Statement { decision, reasons, groups: &[], extension: None, now: "2024-05-01T00:00:00Z" }
}

fn merged(source: &str, decision: Decision, reasons: &[&str]) -> String {
    let reasons: Vec<String> = reasons.iter().map(|r| (*r).to_owned()).collect();
    let say = say(decision, &reasons);
    let text = merge(source, &say).expect("mergeable").unwrap_or_else(|| source.to_owned());
    // Twice is once, to the byte.
    assert_eq!(merge(&text, &say).expect("mergeable"), None, "{text}");
    text
}

/// All values of a property, wherever and however they stand; items of lists
/// one by one.
fn values(text: &str, namespace: &str, local: &str) -> Vec<String> {
    let root = parse(text).expect("well-formed");
    let rdf = find_rdf(&root).expect("XMP");
    let mut out = Vec::new();
    for d in &rdf.children {
        let attributes = d.attributes.iter().filter(|a| a.name.is(namespace, local));
        out.extend(attributes.map(|a| a.value.clone()));
        for e in d.children.iter().filter(|e| e.name.is(namespace, local)) {
            match e.children.first() {
                Some(bag) => out.extend(bag.children.iter().map(|i| i.text.clone())),
                None => out.push(e.text.trim().to_owned()),
            }
        }
    }
    out
}

#[track_caller]
fn assert_value(text: &str, namespace: &str, local: &str, expected: &[&str]) {
    assert_eq!(values(text, namespace, local), expected, "{local} in {text}");
}

fn wrap(description: &str) -> String {
    format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"{RDF}\">{description}</rdf:RDF></x:xmpmeta>"
    )
}

#[test]
fn a_new_reject_says_so_to_every_application() {
    let reasons = vec!["out_of_focus".to_owned(), "noisy".to_owned()];
    let mut say = say(Decision::Reject, &reasons);
    say.extension = Some("CR3");
    let text = merge(EMPTY, &say).expect("mergeable").expect("changed");
    assert_value(&text, XMP, "Rating", &["-1"]);
    assert_value(&text, XMP_DM, "pick", &["-1"]);
    assert_value(&text, XMP_DM, "good", &["False"]);
    assert_value(&text, DIGIKAM, "PickLabel", &["1"]);
    assert_value(&text, DIGIKAM, "ColorLabel", &["1"]);
    assert_value(&text, PHOTO_MECHANIC, "Tagged", &["False"]);
    assert_value(&text, PHOTOSHOP, "SidecarForExtension", &["CR3"]);
    assert_value(&text, XMP, "MetadataDate", &["2024-05-01T00:00:00Z"]);
    assert_value(&text, DC, "subject", &["cull:reject", "cull:out_of_focus", "cull:noisy"]);
    let deep = ["cull|reject|out_of_focus", "cull|reject|noisy"];
    assert_value(&text, LIGHTROOM, "hierarchicalSubject", &deep);
}

#[test]
fn keep_and_review_touch_no_stars() {
    let keep = merged(EMPTY, Decision::Keep, &[]);
    assert_value(&keep, XMP, "Rating", &[]);
    assert_value(&keep, XMP_DM, "pick", &["1"]);
    assert_value(&keep, DIGIKAM, "PickLabel", &["3"]);
    assert_value(&keep, PHOTO_MECHANIC, "Tagged", &["True"]);
    assert_value(&keep, LIGHTROOM, "hierarchicalSubject", &["cull|keep"]);
    let review = merged(EMPTY, Decision::Review, &["subject_soft"]);
    assert_value(&review, XMP, "Rating", &[]);
    assert_value(&review, XMP_DM, "pick", &[]);
    assert_value(&review, DIGIKAM, "PickLabel", &["2"]);
    assert_value(&review, DC, "subject", &["cull:review", "cull:subject_soft"]);
}

#[test]
fn a_later_verdict_takes_back_what_an_earlier_one_said() {
    let reject = merged(EMPTY, Decision::Reject, &["noisy"]);
    let keep = merged(&reject, Decision::Keep, &[]);
    assert_value(&keep, XMP, "Rating", &[]);
    assert_value(&keep, XMP_DM, "pick", &["1"]);
    assert_value(&keep, DIGIKAM, "ColorLabel", &[]);
    assert_value(&keep, DC, "subject", &["cull:keep"]);
    let review = merged(&keep, Decision::Review, &["noisy"]);
    assert_value(&review, XMP_DM, "pick", &[]);
    assert_value(&review, XMP_DM, "good", &[]);
    assert_value(&review, PHOTO_MECHANIC, "Tagged", &[]);
    assert_value(&merged(&review, Decision::Reject, &["noisy"]), XMP, "Rating", &["-1"]);
}

#[test]
fn what_a_person_said_stays_whatever_the_verdict() {
    let stars = wrap(&format!(
        "<rdf:Description rdf:about=\"\" xmlns:a=\"{XMP}\" xmlns:b=\"{XMP_DM}\" a:Rating=\"4\" b:pick=\"1\"/>"
    ));
    for decision in [Decision::Reject, Decision::Keep, Decision::Review] {
        let text = merged(&stars, decision, &["noisy"]);
        assert_value(&text, XMP, "Rating", &["4"]);
        assert_value(&text, XMP_DM, "pick", &["1"]);
    }
    // A reject by hand outlives a reject by us that is withdrawn.
    let by_hand = wrap(&format!(
        "<rdf:Description xmlns:a=\"{XMP}\"><a:Rating>-1</a:Rating></rdf:Description>"
    ));
    let reject = merged(&by_hand, Decision::Reject, &["noisy"]);
    let keep = merged(&reject, Decision::Keep, &[]);
    assert_value(&keep, XMP, "Rating", &["-1"]);
    // So do stars given after our reject.
    let starred =
        merged(EMPTY, Decision::Reject, &[]).replace("xmp:Rating=\"-1\"", "xmp:Rating=\"5\"");
    assert_value(&merged(&starred, Decision::Reject, &[]), XMP, "Rating", &["5"]);
    assert_value(&merged(&starred, Decision::Keep, &[]), XMP, "Rating", &["5"]);
}

#[test]
fn unrated_counts_as_free_in_either_form() {
    let attribute = format!("<rdf:Description xmlns:q=\"{XMP}\" q:Rating='0'/>");
    let element =
        format!("<rdf:Description xmlns:q=\"{XMP}\"><q:Rating> 0 </q:Rating></rdf:Description>");
    let second = format!("<rdf:Description/>{element}");
    let empty = format!("<rdf:Description xmlns:q=\"{XMP}\"><q:Rating/></rdf:Description>");
    for form in [attribute, element, second] {
        let text = merged(&wrap(&form), Decision::Reject, &[]);
        assert_value(&text, XMP, "Rating", &["-1"]);
        assert!(text.contains("q:Rating"), "{text}");
    }
    // An empty element is neither a rating nor "none".
    assert_value(&merged(&wrap(&empty), Decision::Reject, &[]), XMP, "Rating", &[""]);
}

#[test]
fn everything_foreign_stays_as_it_was_written() {
    let text = merged(SAMPLE, Decision::Reject, &["out_of_focus"]);
    assert_value(&text, XMP, "Rating", &["3"]);
    assert_value(
        &text,
        DC,
        "subject",
        &["beach", "R&D <2024>", "cull:reject", "cull:out_of_focus"],
    );
    // Every line that was there is there still, in order.
    let mut lines = text.lines();
    for line in SAMPLE.lines().filter(|l| !l.contains("MetadataDate") && !l.ends_with('>')) {
        assert!(lines.any(|l| l == line), "{line:?} is gone from {text}");
    }
    for piece in ["<!-- by hand -->", "<?xpacket end=\"w\"?>", "<![CDATA[a < b]]>", "x-default"] {
        assert!(text.contains(piece), "{piece} is gone");
    }
    // And nothing is left of ours but the last word when it is withdrawn.
    let keep = merged(&text, Decision::Keep, &[]);
    assert_value(&keep, DC, "subject", &["beach", "R&D <2024>", "cull:keep"]);
    assert_value(&keep, XMP, "Rating", &["3"]);
}

#[test]
fn lists_in_odd_forms_are_joined() {
    for (inside, expected) in [
        ("<d:subject/>", vec!["cull:keep"]),
        ("<d:subject><rdf:Bag/></d:subject>", vec!["cull:keep"]),
        ("<d:subject>plain</d:subject>", vec!["plain", "cull:keep"]),
        ("<d:subject><rdf:Seq><rdf:li>a</rdf:li></rdf:Seq></d:subject>", vec!["a", "cull:keep"]),
        (
            "<d:subject><rdf:Bag><rdf:li>cull:old</rdf:li><rdf:li>a</rdf:li></rdf:Bag></d:subject>",
            vec!["a", "cull:keep"],
        ),
    ] {
        let source = wrap(&format!("<rdf:Description xmlns:d=\"{DC}\">{inside}</rdf:Description>"));
        assert_value(&merged(&source, Decision::Keep, &[]), DC, "subject", &expected);
    }
}

#[test]
fn a_prefix_that_means_something_else_is_not_used() {
    let source = wrap("<rdf:Description xmlns:xmp=\"urn:other\" xmp:Rating=\"9\"/>");
    let text = merged(&source, Decision::Reject, &[]);
    assert_value(&text, "urn:other", "Rating", &["9"]);
    assert_value(&text, XMP, "Rating", &["-1"]);
}

#[test]
fn line_ends_are_kept() {
    let text = merged(&EMPTY.replace('\n', "\r\n"), Decision::Reject, &["noisy"]);
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
}

#[test]
fn what_is_no_sidecar_is_refused() {
    let deep = "<a>".repeat(1000);
    let no_description = wrap("");
    for bad in ["", "no xml", "<a/>", "<rdf:RDF>", &EMPTY[..200], &deep, &no_description] {
        assert!(merge(bad, &say(Decision::Keep, &[])).is_err(), "{bad:.40}");
    }
}

#[test]
fn damage_anywhere_is_refused_or_merged_but_never_a_panic() {
    let reasons = vec!["noisy".to_owned()];
    for at in 0..SAMPLE.len() {
        for damage in ["", "<", ">", "\"", "&", "/", "\u{FFFD}"] {
            if let (Some(a), Some(b)) = (SAMPLE.get(..at), SAMPLE.get(at + 1..)) {
                let text = format!("{a}{damage}{b}");
                if let Ok(Some(merged)) = merge(&text, &say(Decision::Reject, &reasons)) {
                    assert!(parse(&merged).is_ok());
                }
            }
        }
    }
}
