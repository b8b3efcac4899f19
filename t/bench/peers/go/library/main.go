// What LiveKit's own Go library costs: microseconds for each operation.
package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
)

const (
	key    = "devkey"
	secret = "an api secret of 32 bytes or even more"
)

func mint() string {
	yes, no := true, false
	token, err := auth.NewAccessToken(key, secret).
		SetIdentity("u2").SetName("Bob").SetValidFor(10 * time.Minute).
		SetMetadata(`{"role":"student"}`).SetAttributes(map[string]string{"role": "student"}).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: "math",
			CanPublish: &no, CanSubscribe: &yes, CanPublishData: &yes}).
		ToJWT()
	if err != nil {
		panic(err)
	}
	return token
}

func verify(token string) {
	parsed, err := auth.ParseAPIToken(token)
	if err != nil {
		panic(err)
	}
	_, grants, err := parsed.Verify(secret)
	if err != nil || grants.Identity != "u2" {
		panic("not verified")
	}
}

func main() {
	token := mint()

	for name, operation := range map[string]func(){
		"mint":   func() { mint() },
		"verify": func() { verify(token) },
	} {
		result := testing.Benchmark(func(b *testing.B) {
			for b.Loop() {
				operation()
			}
		})
		fmt.Printf("%s %.3f\n", name, float64(result.T.Nanoseconds())/float64(result.N)/1000)
	}
}
