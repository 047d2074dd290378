"""Pictures, documents, sound, video, fonts, network traffic and archives."""

from domain.file_type_table.rows import BLANK, Family, binary, entry, text

_OLE = rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OPEN_DOCUMENT = rb"mimetypeapplication/vnd\.oasis\.opendocument\."
_HEIF = rb"(hei[cxms]|hev[cxm]|mif1|msf1)"

IMAGES = (
    binary("PNG image", Family.IMAGE, "image", ".png .apng", rb"\x89PNG\r\n\x1a\n"),
    binary("JPEG image", Family.IMAGE, "image", ".jpg .jpeg .jfif .jpe .mpo", rb"\xff\xd8\xff"),
    binary("GIF image", Family.IMAGE, "image", ".gif", rb"GIF8[79]a"),
    binary("WebP image", Family.IMAGE, "image", ".webp", rb"RIFF.{4}WEBP"),
    binary("BMP image", Family.IMAGE, "image", ".bmp", rb"BM.{4}\x00{4}"),
    binary("BMP image", Family.IMAGE, "image", ".dib"),  # without the header of a file
    binary("TIFF image", Family.IMAGE, "tiff", ".tif .tiff", rb"II[*+]\x00|MM\x00[*+]"),
    binary("Icon", Family.IMAGE, "image", ".ico", rb"\x00\x00[\x01\x02]\x00[^\x00]\x00"),
    binary("Apple icon", Family.IMAGE, "image", ".icns", rb"icns\x00"),
    binary("AVIF image", Family.IMAGE, "image", ".avif", rb".{4}ftypavi[fs]"),
    binary("HEIC image", Family.IMAGE, "heif", ".heic .heif", rb".{4}ftyp" + _HEIF),
    binary("DDS image", Family.IMAGE, "image", ".dds", rb"DDS \x7c\x00\x00\x00"),
    binary("IFUNC image", Family.IMAGE, "image", ".im", rb"Image type: "),
    binary(
        "JPEG 2000 image",
        Family.IMAGE,
        "image",
        ".jp2 .j2k .j2c .jpx",
        rb"\x00\x00\x00\x0cjP {2}|\xff\x4f\xff\x51",
    ),
    binary(
        "Netpbm image",
        Family.IMAGE,
        "image",
        ".pbm .pgm .ppm .pnm .pfm",
        rb"P[1-6Ff]\s+(#[^\n]*\n\s*)*\d+\s+\d+\s",
    ),
    text(
        "Netpbm image", Family.IMAGE, "image", ".pbm .pgm .ppm .pnm", rb"P[1-3]\s+(#[^\n]*\n\s*)*\d+\s+\d+\s"
    ),
    binary("PCX image", Family.IMAGE, "image", ".pcx", rb"\x0a[\x00-\x05]\x01[\x01\x02\x04\x08]"),
    binary("QOI image", Family.IMAGE, "image", ".qoi", rb"qoif.{8}[\x03\x04][\x00\x01]"),
    binary("SGI image", Family.IMAGE, "image", ".sgi .rgb .bw", rb"\x01\xda[\x00\x01][\x01\x02]"),
    binary("Targa image", Family.IMAGE, "image", ".tga .icb .vda .vst"),
    text("X bitmap", Family.IMAGE, "image", ".xbm", rb"\s*#define\s+\w+_width\b"),
    binary("MSP image", Family.IMAGE, "image", ".msp", rb"DanM|LinS"),
)

DOCUMENTS = (
    binary("PDF", Family.DOCUMENT, "pdf", ".pdf", rb"%PDF-"),
    binary("Word", Family.DOCUMENT, "docx", ".docx .docm", entry(rb"word/"), "ZIP"),
    binary("PowerPoint", Family.DOCUMENT, "pptx", ".pptx .pptm", entry(rb"ppt/"), "ZIP"),
    binary("EPUB", Family.DOCUMENT, "epub", ".epub", entry(rb"mimetypeapplication/epub\+zip"), "ZIP"),
    binary("OpenDocument", Family.DOCUMENT, "odt", ".odt .odp", entry(_OPEN_DOCUMENT), "ZIP"),
    binary("Word", Family.DOCUMENT, "docx", ".docx .docm", container="OLE"),  # with a password
    binary("PowerPoint", Family.DOCUMENT, "pptx", ".pptx .pptm", container="OLE"),  # the same
    binary("Word", Family.DOCUMENT, "bytes", ".doc", container="OLE"),
    binary("PowerPoint", Family.DOCUMENT, "bytes", ".ppt", container="OLE"),
    binary("Outlook message", Family.DOCUMENT, "msg", ".msg", container="OLE"),
    text("Rich Text", Family.DOCUMENT, "rtf", ".rtf", rb"\{\\rtf"),
    text("Email", Family.DOCUMENT, "email", ".eml"),
    text("Mailbox", Family.DOCUMENT, "mbox", ".mbox", rb"From \S+[^\n]*\d\d:\d\d"),
    text("Calendar", Family.DOCUMENT, "calendar", ".ics .ical", BLANK + rb"BEGIN:VCALENDAR"),
    text("Contact card", Family.DOCUMENT, "contacts", ".vcf .vcard", BLANK + rb"(?i:BEGIN:VCARD)"),
    text("BibTeX", Family.DOCUMENT, "bibtex", ".bib"),
    text("RIS", Family.DOCUMENT, "ris", ".ris", BLANK + rb"(1\.\s+)?TY {2}- "),
)

SOUND = (
    binary("WAV audio", Family.AUDIO, "audio", ".wav", rb"(RIFF|RF64).{4}WAVE"),
    binary("MP3 audio", Family.AUDIO, "audio", ".mp3", rb"ID3[\x02-\x04]|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]"),
    binary("FLAC audio", Family.AUDIO, "audio", ".flac", rb"fLaC"),
    binary("Ogg audio", Family.AUDIO, "audio", ".ogg .oga .opus", rb"OggS\x00"),
    binary("AIFF audio", Family.AUDIO, "audio", ".aiff .aif .aifc", rb"FORM.{4}AIF[FC]"),
    binary("AU audio", Family.AUDIO, "audio", ".au .snd", rb"\.snd\x00\x00"),
    binary("CAF audio", Family.AUDIO, "audio", ".caf", rb"caff\x00\x01"),
    binary("Wave64 audio", Family.AUDIO, "audio", ".w64", rb"riff\x2e\x91\xcf\x11"),
    binary("Creative Voice audio", Family.AUDIO, "audio", ".voc", rb"Creative Voice File\x1a"),
    binary("Sphere audio", Family.AUDIO, "audio", ".sph .nist", rb"NIST_1A\n"),
    binary("AAC audio", Family.AUDIO, "audio_av", ".aac", rb"\xff[\xf0\xf1\xf8\xf9]"),
    binary("M4A audio", Family.AUDIO, "audio_av", ".m4a .m4b", rb".{4}ftypM4[AB]"),
    binary("Windows Media audio", Family.AUDIO, "audio_av", ".wma", rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    binary("Matroska audio", Family.AUDIO, "audio_av", ".mka", container="Matroska video"),
    binary("MIDI", Family.AUDIO, "midi", ".mid .midi", rb"MThd\x00\x00\x00\x06"),
)

VIDEO = (
    binary("MP4 video", Family.VIDEO, "video", ".mp4 .m4v .mov .3gp", rb".{4}ftyp"),
    binary("Matroska video", Family.VIDEO, "video", ".mkv .webm", rb"\x1aE\xdf\xa3"),
    binary("AVI video", Family.VIDEO, "video", ".avi", rb"RIFF.{4}AVI "),
    binary("MPEG video", Family.VIDEO, "video", ".mpg .mpeg", rb"\x00\x00\x01[\xba\xb3]"),
    binary("Flash video", Family.VIDEO, "video", ".flv", rb"FLV\x01"),
    binary("Windows Media video", Family.VIDEO, "video", ".wmv .asf", container="Windows Media audio"),
)

OTHERS = (
    binary("Font", Family.FONT, "font", ".ttf .otf .ttc", rb"\x00\x01\x00\x00\x00|(OTTO|true|ttcf)\x00"),
    binary("Web font", Family.FONT, "font", ".woff", rb"wOFF(\x00\x01|OTTO)"),
    binary(
        "Packet capture",
        Family.NETWORK,
        "packets",
        ".pcap .pcapng .cap",
        rb"\xd4\xc3\xb2\xa1|\xa1\xb2\xc3\xd4|\x4d\x3c\xb2\xa1|\xa1\xb2\x3c\x4d|\x0a\x0d\x0d\x0a",
    ),
    binary("Gettext catalogue", Family.TEXT, "gettext", ".mo", rb"\xde\x12\x04\x95|\x95\x04\x12\xde"),
)

ARCHIVES = (
    binary("7-Zip", Family.ARCHIVE, "7z", ".7z", rb"7z\xbc\xaf\x27\x1c"),
    binary("RAR", Family.ARCHIVE, "rar", ".rar", rb"Rar!\x1a\x07"),
    binary("TAR", Family.ARCHIVE, "tar", ".tar", rb".{257}ustar"),
    binary("ZIP", Family.ARCHIVE, "zip", ".zip .jar .whl", rb"PK(\x03\x04|\x05\x06|\x07\x08)"),
    binary("OLE", Family.DOCUMENT, "bytes", ".ole", _OLE),
)
