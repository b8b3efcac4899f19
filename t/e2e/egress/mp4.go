package main

import (
	"encoding/binary"
	"time"
)

// An MP4 file (ISO/IEC 14496-12) with one track of Opus ("Encapsulation of
// Opus in ISO Base Media File Format"): silence, in packets of 20 ms.

const (
	rate    = 48000
	packet  = 20 * time.Millisecond
	samples = rate / 50
	longest = 24 * time.Hour
)

// One packet of silence: CELT, full band, mono, 20 ms (RFC 6716).
var silent = []byte{0xf8, 0xff, 0xfe}

func silence(taken time.Duration) []byte {
	n := min(max(taken, packet), longest) / packet
	head := box("ftyp", []byte("isom"), u32(0x200), []byte("isomiso2mp41"))

	// the packets stand behind all that describes them
	length := len(movie(uint32(n), 0))
	moov := movie(uint32(n), uint32(len(head)+length+8))

	media := make([]byte, 0, int(n)*len(silent))
	for range n {
		media = append(media, silent...)
	}
	return join(head, moov, box("mdat", media))
}

func movie(n, at uint32) []byte {
	length := u32(n * samples)

	table := box("stbl",
		full("stsd", u32(1), opus()),
		full("stts", u32(1), u32(n), u32(samples)),
		full("stsc", u32(1), u32(1), u32(n), u32(1)),
		full("stsz", u32(uint32(len(silent))), u32(n)),
		full("stco", u32(1), u32(at)))

	media := box("mdia",
		full("mdhd", u32(0), u32(0), u32(rate), length, u16(0x55c4), u16(0)),
		full("hdlr", u32(0), []byte("soun"), zeros(12), []byte("silence\x00")),
		box("minf",
			full("smhd", zeros(4)),
			box("dinf", full("dref", u32(1), flagged("url ", 1))),
			table))

	track := box("trak",
		flagged("tkhd", 3, u32(0), u32(0), u32(1), u32(0), length, zeros(8),
			u16(0), u16(0), u16(0x100), u16(0), matrix(), u32(0), u32(0)),
		media)

	return box("moov",
		full("mvhd", u32(0), u32(0), u32(rate), length, u32(0x10000), u16(0x100), zeros(10),
			matrix(), zeros(24), u32(2)),
		track)
}

func opus() []byte {
	const channels, delay = 1, 312

	return box("Opus", zeros(6), u16(1), zeros(8), u16(channels), u16(16), zeros(4), u32(rate<<16),
		box("dOps", []byte{0, channels}, u16(delay), u32(rate), u16(0), []byte{0}))
}

func matrix() []byte {
	return join(u32(0x10000), zeros(12), u32(0x10000), zeros(12), u32(0x40000000))
}

func box(kind string, parts ...[]byte) []byte {
	body := join(parts...)
	return join(u32(uint32(len(body)+8)), []byte(kind), body)
}

func full(kind string, parts ...[]byte) []byte {
	return flagged(kind, 0, parts...)
}

func flagged(kind string, flags uint32, parts ...[]byte) []byte {
	return box(kind, append([][]byte{u32(flags)}, parts...)...)
}

func join(parts ...[]byte) []byte {
	var all []byte
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

func u16(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }
func u32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
func zeros(n int) []byte  { return make([]byte, n) }
