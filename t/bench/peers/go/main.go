// The token route as a Go service: net/http, golang-jwt, go-redis,
// livekit/protocol's auth.
package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"regexp"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/livekit/protocol/auth"
	"github.com/redis/go-redis/v9"
)

var (
	secret  = []byte(os.Getenv("SESSION_SECRET"))
	pattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	store   = redis.NewClient(&redis.Options{Network: "unix", Addr: os.Getenv("REDIS_SOCKET")})
)

type claims struct {
	Name string `json:"name"`
	jwt.RegisteredClaims
}

func reply(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(document)
}

func refuse(w http.ResponseWriter, status int) {
	reply(w, status, map[string]string{"error": http.StatusText(status)})
}

func token(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie("session")
	if err != nil {
		refuse(w, 401)
		return
	}

	var session claims
	_, err = jwt.ParseWithClaims(cookie.Value, &session,
		func(*jwt.Token) (any, error) { return secret, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired())
	if err != nil || session.Subject == "" {
		refuse(w, 401)
		return
	}

	var asked struct{ RoomName string }
	err = json.NewDecoder(io.LimitReader(r.Body, 16384)).Decode(&asked)
	if err != nil || !pattern.MatchString(asked.RoomName) {
		refuse(w, 400)
		return
	}

	id := session.Subject
	facts, err := store.HMGet(r.Context(), "lkg:room:{"+asked.RoomName+"}",
		"state", "b:"+id, "d:"+id, "m:"+id).Result()
	if err != nil {
		refuse(w, 503)
		return
	}

	role, _ := facts[3].(string)
	state, _ := facts[0].(string)
	if (role != "teacher" && role != "student") || (state != "" && state != "open") ||
		facts[1] != nil || facts[2] != nil {
		refuse(w, 403)
		return
	}

	yes, publish := true, role == "teacher"
	metadata, _ := json.Marshal(map[string]string{"role": role})

	signed, err := auth.NewAccessToken(os.Getenv("LIVEKIT_API_KEY"), os.Getenv("LIVEKIT_API_SECRET")).
		SetIdentity(id).SetName(session.Name).SetValidFor(10 * time.Minute).
		SetMetadata(string(metadata)).SetAttributes(map[string]string{"role": role}).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: asked.RoomName,
			CanPublish: &publish, CanSubscribe: &yes, CanPublishData: &yes}).
		ToJWT()
	if err != nil {
		refuse(w, 500)
		return
	}

	reply(w, 200, map[string]string{"token": signed, "url": os.Getenv("LIVEKIT_URL")})
}

func main() {
	http.HandleFunc("POST /token", token)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
