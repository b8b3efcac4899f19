// An egress worker for the tests and the example: to livekit-server it is
// what LiveKit's own egress service is, over the same RPC, with the same
// answers and reports.  It does not join the room.  What it writes is a real
// MP4 file with as much silence (Opus) as the recording took.
//
//	egress -redis 127.0.0.1:6379 -dir recordings
//	egress -redis /run/redis.sock -dir recordings -fail '^broken-'
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"regexp"
	"syscall"

	"github.com/redis/go-redis/v9"

	"github.com/livekit/protocol/rpc"
	"github.com/livekit/psrpc"
)

func main() {
	address := flag.String("redis", "127.0.0.1:6379", "livekit-server's Redis: host:port or the path of a socket")
	password := flag.String("password", "", "its password")
	db := flag.Int("db", 0, "its database")
	dir := flag.String("dir", "recordings", "where files go")
	fail := flag.String("fail", "^$", "rooms of these names (a regular expression) cannot be recorded")
	flag.Parse()

	log.SetFlags(0)
	log.SetPrefix("egress: ")

	if err := run(*address, *password, *db, *dir, *fail); err != nil {
		log.Fatal(err)
	}
}

func run(address, password string, db int, dir, fail string) error {
	fails, err := regexp.Compile(fail)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}

	client := redis.NewClient(&redis.Options{Addr: address, Password: password, DB: db})
	defer client.Close()
	if err := client.Ping(context.Background()).Err(); err != nil {
		return fmt.Errorf("redis: %w", err)
	}

	bus := psrpc.NewRedisMessageBus(client)
	reports, err := rpc.NewIOInfoClient(bus)
	if err != nil {
		return err
	}
	defer reports.Close()

	worker := newWorker(bus, reports, dir, fails)
	server, err := rpc.NewEgressInternalServer(worker, bus)
	if err != nil {
		return err
	}
	if err := server.RegisterStartEgressTopic(""); err != nil {
		return err
	}

	ending := make(chan os.Signal, 1)
	signal.Notify(ending, syscall.SIGINT, syscall.SIGTERM)
	fmt.Println("ready")
	<-ending

	// nothing new is begun, and what runs is ended
	server.Shutdown()
	worker.end()
	return nil
}
