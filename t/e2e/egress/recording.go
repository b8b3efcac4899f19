package main

import (
	"context"
	"errors"
	"log"
	"os"
	"path/filepath"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/psrpc"
)

// recording is one egress: it is told to stop, and reports what it does.
type recording struct {
	worker *worker
	file   *livekit.EncodedFileOutput

	mu      sync.Mutex
	info    *livekit.EgressInfo
	once    sync.Once
	stopped chan struct{}
}

func (r *recording) copy() *livekit.EgressInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	return proto.Clone(r.info).(*livekit.EgressInfo)
}

func (r *recording) stop() {
	r.once.Do(func() { close(r.stopped) })
}

func (r *recording) StopEgress(context.Context, *livekit.StopEgressRequest) (*livekit.EgressInfo, error) {
	r.mu.Lock()
	if r.info.Status == livekit.EgressStatus_EGRESS_STARTING || r.info.Status == livekit.EgressStatus_EGRESS_ACTIVE {
		r.info.Status = livekit.EgressStatus_EGRESS_ENDING
		r.info.UpdatedAt = time.Now().UnixNano()
	}
	r.mu.Unlock()

	answer := r.copy()
	r.stop()
	return answer, nil
}

func (r *recording) UpdateEgress(context.Context, *livekit.UpdateEgressRequest) (*livekit.EgressInfo, error) {
	return nil, psrpc.NewError(psrpc.Unimplemented, errors.New("a recording cannot be changed here"))
}

func (r *recording) UpdateStream(context.Context, *livekit.UpdateStreamRequest) (*livekit.EgressInfo, error) {
	return nil, psrpc.NewError(psrpc.Unimplemented, errors.New("there are no streams here"))
}

// report changes what is known and tells livekit-server.
func (r *recording) report(change func(info *livekit.EgressInfo, now int64)) {
	r.mu.Lock()
	now := time.Now().UnixNano()
	change(r.info, now)
	r.info.UpdatedAt = now
	info := proto.Clone(r.info).(*livekit.EgressInfo)
	r.mu.Unlock()

	ctx, cancel := context.WithTimeout(context.Background(), reportTimeout)
	defer cancel()

	log.Printf("%s: %s", info.EgressId, info.Status)
	if _, err := r.worker.reports.UpdateEgress(ctx, info); err != nil {
		log.Printf("%s: livekit-server was not told: %v", info.EgressId, err)
	}
}

func (r *recording) run() {
	if r.worker.fails.MatchString(r.info.RoomName) {
		r.fail("Start signal not received")
		return
	}
	if r.file.Output != nil {
		r.fail("files can only be stored in the worker's directory")
		return
	}

	r.report(func(info *livekit.EgressInfo, now int64) {
		if info.Status == livekit.EgressStatus_EGRESS_STARTING {
			info.Status = livekit.EgressStatus_EGRESS_ACTIVE
		}
		info.StartedAt = now
		info.Result = &livekit.EgressInfo_File{File: &livekit.FileInfo{Filename: r.file.Filepath, StartedAt: now}}
		info.FileResults = []*livekit.FileInfo{info.GetFile()}
	})

	<-r.stopped

	r.report(func(info *livekit.EgressInfo, now int64) {
		info.Status = livekit.EgressStatus_EGRESS_ENDING
		info.FileResults[0].EndedAt = now
	})

	result := r.info.FileResults[0]
	taken := time.Duration(result.EndedAt - result.StartedAt)
	location := filepath.Join(r.worker.dir, r.file.Filepath)

	size, err := write(location, taken)
	if err != nil {
		r.fail(err.Error())
		return
	}

	r.report(func(info *livekit.EgressInfo, now int64) {
		info.Status = livekit.EgressStatus_EGRESS_COMPLETE
		info.EndedAt = now
		info.FileResults[0].Duration = int64(taken)
		info.FileResults[0].Size = size
		info.FileResults[0].Location = location
	})
}

func (r *recording) fail(text string) {
	r.report(func(info *livekit.EgressInfo, now int64) {
		info.Status = livekit.EgressStatus_EGRESS_FAILED
		info.Error = text
		info.EndedAt = now
	})
}

// write leaves the whole file at its place, or none.
func write(name string, taken time.Duration) (int64, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return 0, err
	}

	data := silence(taken)
	if err := os.WriteFile(name+".part", data, 0o644); err != nil {
		return 0, err
	}
	return int64(len(data)), os.Rename(name+".part", name)
}
