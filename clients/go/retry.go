package oms

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

const (
	callTime     = 20 * time.Second // of a call with all its attempts, unless its context ends earlier
	attemptTime  = 5 * time.Second
	firstPause   = 100 * time.Millisecond
	longestPause = 3 * time.Second
)

// retry repeats a call that got no answer, or that the system asks to repeat, until its context ends.
func retry(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker,
	options ...grpc.CallOption) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		attempt, cancel := context.WithTimeout(ctx, attemptTime)
		err := refused(invoke(attempt, method, request, reply, conn, options...))
		cancel()
		if err == nil || !repeatable(request) || !passing(err) || !wait(ctx, pause, err) {
			return err
		}
	}
}

// repeatable says whether a second run of the request does no harm. The contract gives every request for which it
// could a request_id; with that, the system answers the repetition with its first reply.
func repeatable(request any) bool {
	message, ok := request.(proto.Message)
	if !ok {
		return false
	}
	field := message.ProtoReflect().Descriptor().Fields().ByName("request_id")
	return field == nil || message.ProtoReflect().Get(field).String() != ""
}

// passing says whether the cause of an error may be gone later: no answer, or a refusal that names a time.
func passing(err error) bool {
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal.RetryAfter > 0 {
		return true
	}
	code := status.Code(err)
	return code == codes.Unavailable || code == codes.DeadlineExceeded
}

// wait lets a random part of the pause pass, but no less than the refusal asks for. It is false, at once, if the
// context would end before.
func wait(ctx context.Context, pause time.Duration, err error) bool {
	pause = pause/2 + rand.N(pause/2)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		pause = max(pause, refusal.RetryAfter)
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < pause {
		return false
	}
	select {
	case <-time.After(pause):
		return true
	case <-ctx.Done():
		return false
	}
}
