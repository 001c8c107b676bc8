//! A copy of a body without its compression.

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use std::borrow::Cow;
use std::io::Read;

/// More than this is read of no compressed body.
const MOST: u64 = 16 << 20;

/// A body as it was before its `Content-Encoding`.
///
/// # Errors
/// Says why its objects cannot be counted.
pub(super) fn unpack<'a>(encoding: &str, body: &'a [u8]) -> Result<Cow<'a, [u8]>, String> {
    match encoding.trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(Cow::Borrowed(body)),
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(body)),
        "deflate" => read(ZlibDecoder::new(body)),
        "br" => read(brotli_decompressor::Decompressor::new(body, 4_096)),
        _ => Err("its encoding is none of gzip, deflate, br".to_owned()),
    }
}

fn read<'a>(decoder: impl Read) -> Result<Cow<'a, [u8]>, String> {
    let mut body = Vec::new();
    match decoder.take(MOST + 1).read_to_end(&mut body) {
        Ok(_) if body.len() as u64 > MOST => Err(format!("unpacked it is longer than {} MiB", MOST >> 20)),
        Ok(_) => Ok(Cow::Owned(body)),
        Err(_) => Err("its encoding is broken".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::read::{GzEncoder, ZlibEncoder};
    use proptest::prelude::*;

    fn packed(mut encoder: impl Read) -> Vec<u8> {
        let mut body = Vec::new();
        encoder.read_to_end(&mut body).unwrap();
        body
    }

    /// `{"results":[]}` as Brotli writes it without compressing: a header, its length, the bytes, the end.
    const BROTLI: &[u8] = b"\x8b\x06\x80{\"results\":[]}\x03";

    proptest! {
        #[test]
        fn unpacking_is_the_inverse_of_packing(body in prop::collection::vec(any::<u8>(), 0..3_000)) {
            let gzip = packed(GzEncoder::new(&body[..], Compression::fast()));
            let zlib = packed(ZlibEncoder::new(&body[..], Compression::fast()));
            prop_assert_eq!(&*unpack("GZIP", &gzip).unwrap(), &body);
            prop_assert_eq!(&*unpack("deflate", &zlib).unwrap(), &body);
            prop_assert_eq!(&*unpack("", &body).unwrap(), &body);
        }

        #[test]
        fn garbage_is_an_error_or_text_and_never_a_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
            for encoding in ["gzip", "deflate", "br", "zstd", "br, gzip"] {
                let _ = unpack(encoding, &body);
            }
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked_to_its_end_and_brotli_is_read() {
        let bomb = packed(GzEncoder::new(std::io::repeat(0).take(MOST + 1), Compression::fast()));
        assert!(bomb.len() < 200_000 && unpack("gzip", &bomb).unwrap_err().contains("longer than 16 MiB"));
        assert_eq!(&*unpack("br", BROTLI).unwrap(), b"{\"results\":[]}");
        assert!(unpack("zstd", b"").unwrap_err().contains("none of gzip"));
    }
}
