package oms

import (
	"context"
	"errors"
	"io"
	"iter"

	ordersv1 "oms.example/clients/go/gen/oms/orders/v1"
)

// Events yields what happens to an order, from the event after the given sequence number (0: the first) until nothing
// can follow or ctx ends. A watch that breaks is resumed after the last event seen, so none is missed or repeated.
func Events(ctx context.Context, client ordersv1.OrderServiceClient, orderID string, after int64) iter.Seq2[*ordersv1.OrderEvent, error] {
	return func(yield func(*ordersv1.OrderEvent, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		pause := firstPause
		for {
			stream, err := client.WatchOrder(ctx, &ordersv1.WatchOrderRequest{OrderId: orderID, AfterSequence: after})
			for err == nil {
				var message *ordersv1.WatchOrderResponse
				if message, err = stream.Recv(); err != nil {
					break
				}
				after, pause = message.GetEvent().GetSequence(), firstPause
				if !yield(message.GetEvent(), nil) {
					return
				}
			}
			if errors.Is(err, io.EOF) {
				return
			}
			err = refused(err)
			if !passing(err) || !wait(ctx, pause, err) {
				yield(nil, err)
				return
			}
			pause = min(2*pause, longestPause)
		}
	}
}
