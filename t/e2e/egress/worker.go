package main

import (
	"context"
	"errors"
	"log"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/livekit/protocol/egress"
	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/rpc"
	"github.com/livekit/psrpc"
)

const reportTimeout = 5 * time.Second

// worker takes starts.
type worker struct {
	bus     psrpc.MessageBus
	reports rpc.IOInfoClient
	dir     string
	fails   *regexp.Regexp

	mu      sync.Mutex
	running map[string]*recording
	all     sync.WaitGroup
}

func newWorker(bus psrpc.MessageBus, reports rpc.IOInfoClient, dir string, fails *regexp.Regexp) *worker {
	return &worker{bus: bus, reports: reports, dir: dir, fails: fails, running: map[string]*recording{}}
}

func (w *worker) StartEgressAffinity(context.Context, *rpc.StartEgressRequest) float32 {
	return 1
}

func (w *worker) ListActiveEgress(context.Context, *rpc.ListActiveEgressRequest) (*rpc.ListActiveEgressResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()

	ids := make([]string, 0, len(w.running))
	for id := range w.running {
		ids = append(ids, id)
	}
	return &rpc.ListActiveEgressResponse{EgressIds: ids}, nil
}

func (w *worker) StartEgress(ctx context.Context, req *rpc.StartEgressRequest) (*livekit.EgressInfo, error) {
	room := req.GetRoomComposite()
	if room == nil {
		return nil, invalid("only rooms can be recorded here")
	}
	if len(room.FileOutputs) != 1 || len(room.StreamOutputs)+len(room.SegmentOutputs)+len(room.ImageOutputs) > 0 {
		return nil, invalid("exactly one file can be written here")
	}
	file := room.FileOutputs[0]
	if file.FileType != livekit.EncodedFileType_MP4 {
		return nil, invalid("only MP4 can be written here")
	}
	if !filepath.IsLocal(file.Filepath) {
		return nil, invalid("the file's path leads out of the directory")
	}

	echo := proto.Clone(room).(*livekit.RoomCompositeEgressRequest)
	egress.RedactEncodedOutputs(echo)

	r := &recording{
		worker:  w,
		file:    file,
		stopped: make(chan struct{}),
		info: &livekit.EgressInfo{
			EgressId:   req.EgressId,
			RoomId:     req.RoomId,
			RoomName:   room.RoomName,
			SourceType: livekit.EgressSourceType_EGRESS_SOURCE_TYPE_WEB,
			Status:     livekit.EgressStatus_EGRESS_STARTING,
			UpdatedAt:  time.Now().UnixNano(),
			Request:    &livekit.EgressInfo_RoomComposite{RoomComposite: echo},
		},
	}
	return w.begin(ctx, r)
}

func (w *worker) begin(ctx context.Context, r *recording) (*livekit.EgressInfo, error) {
	id := r.info.EgressId

	handler, err := rpc.NewEgressHandlerServer(r, w.bus)
	if err != nil {
		return nil, err
	}
	if err := handler.RegisterStopEgressTopic(id); err != nil {
		handler.Kill()
		return nil, err
	}
	if _, err := w.reports.CreateEgress(ctx, r.copy()); err != nil {
		handler.Kill()
		return nil, err
	}
	log.Printf("%s: started for room %q", id, r.info.RoomName)

	w.mu.Lock()
	w.running[id] = r
	w.mu.Unlock()
	w.all.Add(1)

	answer := r.copy()
	go func() {
		defer w.all.Done()
		r.run()
		w.mu.Lock()
		delete(w.running, id)
		w.mu.Unlock()
		handler.Shutdown()
	}()
	return answer, nil
}

func (w *worker) end() {
	w.mu.Lock()
	for _, r := range w.running {
		r.stop()
	}
	w.mu.Unlock()
	w.all.Wait()
}

func invalid(text string) error {
	return psrpc.NewError(psrpc.InvalidArgument, errors.New(text))
}
