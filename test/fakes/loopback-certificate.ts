/**
 * A certificate for `localhost` and 127.0.0.1 that signs itself, from 2020 to 2120, with its key: for
 * servers and clients that live as long as a test. Nothing else trusts it.
 */

/** PEM. Its subject is `kube-ipvs-test`. */
export const LOOPBACK_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBjjCCATOgAwIBAgIBATAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA5rdWJlLWlw
dnMtdGVzdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGTEXMBUG
A1UEAwwOa3ViZS1pcHZzLXRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS0
2UmXMTnufyxWoNutjkrubObtsSQhziJ1cx4WgeR5xxC6WrQP3K0/uffSCmEE8ym0
ZpJa/1nOggR7OtWetdKjo2owaDAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEw
DAYDVR0TBAUwAwEB/zAdBgNVHSUEFjAUBggrBgEFBQcDAQYIKwYBBQUHAwIwHQYD
VR0OBBYEFMpLauMTgar0SEiMz1X3Gpra8MEvMAoGCCqGSM49BAMCA0kAMEYCIQCo
HHNV6lBxhfczcxcsttSr0an2FJle/aKOF5u+9KBCLgIhAJGB2++cBIhN38kE/V84
B6BTPIHQueOEpwpTTAwoWwUW
-----END CERTIFICATE-----
`;

/** PEM. */
export const LOOPBACK_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZkf2j5rihTfY7lDF
5KPx4RBzj05+1LoMDY31rVvrb5ahRANCAAS02UmXMTnufyxWoNutjkrubObtsSQh
ziJ1cx4WgeR5xxC6WrQP3K0/uffSCmEE8ym0ZpJa/1nOggR7OtWetdKj
-----END PRIVATE KEY-----
`;
