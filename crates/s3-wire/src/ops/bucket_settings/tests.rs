use super::*;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
const XMLNS: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

#[test]
fn documents() {
    assert_eq!(
        versioning(),
        format!("{DECLARATION}<VersioningConfiguration {XMLNS}></VersioningConfiguration>")
    );
    assert_eq!(
        encryption(),
        format!(
            "{DECLARATION}<ServerSideEncryptionConfiguration {XMLNS}><Rule><ApplyServerSideEncryptionByDefault>\
             <SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>\
             <BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>"
        )
    );
    let id = "123456789abcdef0123456789abcdef0";
    let owner = format!("<DisplayName>{id}</DisplayName><ID>{id}</ID>");
    assert_eq!(
        acl(&AccountId::parse(id).unwrap()),
        format!(
            "{DECLARATION}<AccessControlPolicy {XMLNS}><Owner>{owner}</Owner><AccessControlList><Grant>\
             <Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\">{owner}</Grantee>\
             <Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>"
        )
    );
}

#[test]
fn errors() {
    let table = [
        (tagging(), "NoSuchTagSet: The TagSet does not exist."),
        (
            object_lock(),
            "ObjectLockConfigurationNotFoundError: Object Lock configuration does not exist for this bucket.",
        ),
        (
            replication(),
            "ReplicationConfigurationNotFoundError: The replication configuration was not found.",
        ),
    ];
    for (error, text) in table {
        assert_eq!(error.to_string(), text);
        assert_eq!(error.status().as_u16(), 404);
    }
}
