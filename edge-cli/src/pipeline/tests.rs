use super::*;
use edgecull_core::verdict::Decision;

fn judge(bytes: &[u8]) -> Judged {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.jpg");
    std::fs::write(&path, bytes).expect("write");
    Judge::new(JudgeOptions::default()).file(&path)
}

#[test]
fn what_cannot_be_judged_is_an_error_with_a_sentence_and_a_reason() {
    for (bytes, code) in [
        (&b""[..], ReasonCode::TRUNCATED),
        (b"hello", ReasonCode::UNSUPPORTED),
        (b"\0\0\0\x18ftypcrx \0\0\0\0", ReasonCode::UNSUPPORTED),
        (b"\xFF\xD8\xFF\xC0\0\x02", ReasonCode::CORRUPT),
        (b"\xFF\xD8\xFF", ReasonCode::TRUNCATED),
        (b"\x89PNG\r\n\x1a\n broken", ReasonCode::CORRUPT),
    ] {
        let judged = judge(bytes);
        assert_eq!(judged.verdict.decision, Decision::Error);
        assert!(judged.verdict.has(code), "{bytes:?}: {judged:?}");
        assert!(judged.error.is_some_and(|e| !e.is_empty()));
    }
}

#[test]
fn files_that_cannot_be_read_have_no_reason_but_a_sentence() {
    let mut judge = Judge::new(JudgeOptions::default());
    for path in ["/nowhere/at/all.jpg", "/dev/null", "/"] {
        let judged = judge.file(Path::new(path));
        assert_eq!(judged.verdict.decision, Decision::Error);
        assert!(judged.verdict.reasons.is_empty());
        assert!(judged.error.is_some_and(|e| !e.contains("os error")));
    }
}
