/* http_mime.c - what kind of file it is, by the end of its name; see http_files.h.
 *
 * The table is sorted, so that eight comparisons find an entry among two hundred; a test holds it to that. Text
 * is taken for UTF-8, and said so: a reader that must guess can be led to guess wrong.
 *
 * RFC 9110 section 8.3; RFC 9239 (JavaScript); the registry of media types.
 *
 * SPDX-License-Identifier: MIT */
#include "http_files.h"

#define TEXT(subtype) "text/" subtype "; charset=utf-8"

const struct http_mime http_mimes[] = {
	{ "7z", "application/x-7z-compressed" },
	{ "aac", "audio/aac" },
	{ "apng", "image/apng" },
	{ "avif", "image/avif" },
	{ "bin", "application/octet-stream" },
	{ "bmp", "image/bmp" },
	{ "bz2", "application/x-bzip2" },
	{ "c", TEXT("plain") },
	{ "cc", TEXT("plain") },
	{ "conf", TEXT("plain") },
	{ "cpp", TEXT("plain") },
	{ "css", TEXT("css") },
	{ "csv", TEXT("csv") },
	{ "doc", "application/msword" },
	{ "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
	{ "eot", "application/vnd.ms-fontobject" },
	{ "epub", "application/epub+zip" },
	{ "flac", "audio/flac" },
	{ "gif", "image/gif" },
	{ "gz", "application/gzip" },
	{ "h", TEXT("plain") },
	{ "htm", TEXT("html") },
	{ "html", TEXT("html") },
	{ "ico", "image/x-icon" },
	{ "ics", TEXT("calendar") },
	{ "jpeg", "image/jpeg" },
	{ "jpg", "image/jpeg" },
	{ "js", TEXT("javascript") },
	{ "json", "application/json" },
	{ "log", TEXT("plain") },
	{ "m4a", "audio/mp4" },
	{ "md", TEXT("markdown") },
	{ "mid", "audio/midi" },
	{ "mjs", TEXT("javascript") },
	{ "mov", "video/quicktime" },
	{ "mp3", "audio/mpeg" },
	{ "mp4", "video/mp4" },
	{ "mpeg", "video/mpeg" },
	{ "oga", "audio/ogg" },
	{ "ogg", "audio/ogg" },
	{ "ogv", "video/ogg" },
	{ "opus", "audio/ogg" },
	{ "otf", "font/otf" },
	{ "pdf", "application/pdf" },
	{ "png", "image/png" },
	{ "ppt", "application/vnd.ms-powerpoint" },
	{ "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
	{ "ps", "application/postscript" },
	{ "py", TEXT("plain") },
	{ "rtf", "application/rtf" },
	{ "sh", TEXT("plain") },
	{ "svg", "image/svg+xml; charset=utf-8" },
	{ "tar", "application/x-tar" },
	{ "tif", "image/tiff" },
	{ "tiff", "image/tiff" },
	{ "tsv", TEXT("tab-separated-values") },
	{ "ttf", "font/ttf" },
	{ "txt", TEXT("plain") },
	{ "vtt", TEXT("vtt") },
	{ "wasm", "application/wasm" },
	{ "wav", "audio/wav" },
	{ "weba", "audio/webm" },
	{ "webm", "video/webm" },
	{ "webmanifest", "application/manifest+json" },
	{ "webp", "image/webp" },
	{ "woff", "font/woff" },
	{ "woff2", "font/woff2" },
	{ "xhtml", "application/xhtml+xml; charset=utf-8" },
	{ "xls", "application/vnd.ms-excel" },
	{ "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
	{ "xml", TEXT("xml") },
	{ "xz", "application/x-xz" },
	{ "zip", "application/zip" },
	{ "zst", "application/zstd" },
	{ NULL, NULL },
};

enum { MIMES = sizeof http_mimes / sizeof *http_mimes - 1 };

/* As strcmp(3), but the text is not ended by '\0' and may have capitals. */
static int compare(struct http_text text, const char *lower)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.text[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		if (c != lower[i] || !c)
			return (unsigned char)c < (unsigned char)lower[i] ? -1 : 1;
	}
	return lower[text.len] ? -1 : 0;
}

const char *http_mime(struct http_text path)
{
	size_t start = path.len, low = 0, high = MIMES;
	while (start > 0 && path.text[start - 1] != '.' && path.text[start - 1] != '/')
		start--;
	struct http_text extension = { path.text + start, path.len - start };
	if (start == 0 || path.text[start - 1] != '.')
		high = 0; /* there is none */
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = compare(extension, http_mimes[middle].extension);
		if (order == 0)
			return http_mimes[middle].type;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return "application/octet-stream";
}
