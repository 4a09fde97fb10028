// Command example takes an order from its creation to its delivery, is refused, and loses a reply.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	oms "oms.example/clients/go"
	ordersv1 "oms.example/clients/go/gen/oms/orders/v1"

	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

func main() {
	log.SetFlags(0)
	address := "localhost:8000"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	if err := run(address); err != nil {
		log.Fatal(err)
	}
}

func run(address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	network := &lossy{}
	conn, err := oms.Connect(address, grpc.WithChainUnaryInterceptor(network.lose))
	if err != nil {
		return err
	}
	defer conn.Close()
	orders := ordersv1.NewOrderServiceClient(conn)
	if err := deliver(ctx, orders); err != nil {
		return fmt.Errorf("delivering an order: %w", err)
	}
	if err := invalid(ctx, orders); err != nil {
		return fmt.Errorf("being refused: %w", err)
	}
	if err := repeat(ctx, orders, network); err != nil {
		return fmt.Errorf("repeating a request: %w", err)
	}
	return nil
}

// deliver takes an order all the way.
func deliver(ctx context.Context, orders ordersv1.OrderServiceClient) error {
	created, err := orders.CreateOrder(ctx, laptop())
	if err != nil {
		return err
	}
	id := created.GetOrder().GetOrderId()
	fmt.Println("created", id)
	seen, err := until(ctx, orders, id, 0, ordersv1.OrderStatus_ORDER_STATUS_PENDING_APPROVAL)
	if err != nil {
		return err
	}
	if _, err := orders.ApproveOrder(ctx, &ordersv1.ApproveOrderRequest{OrderId: id, RequestId: key()}); err != nil {
		return err
	}
	fmt.Println("approved")
	// Under another key this is another decision, and too late.
	_, err = orders.ApproveOrder(ctx, &ordersv1.ApproveOrderRequest{OrderId: id, RequestId: key()})
	var refusal *oms.Refusal
	if !errors.As(err, &refusal) || refusal.Reason != oms.ReasonOrderState {
		return fmt.Errorf("the second approval was not refused as it should be: %v", err)
	}
	fmt.Printf("refused %s: it is %s already\n", refusal.Reason, refusal.Metadata["state"])
	seen, err = until(ctx, orders, id, seen, ordersv1.OrderStatus_ORDER_STATUS_PROCESSING)
	if err != nil {
		return err
	}
	parcel := &ordersv1.ShipOrderRequest{OrderId: id, Carrier: "DHL", TrackingNumber: "JD0123456789", RequestId: key()}
	if _, err := orders.ShipOrder(ctx, parcel); err != nil {
		return err
	}
	if _, err := orders.DeliverOrder(ctx, &ordersv1.DeliverOrderRequest{OrderId: id, RequestId: key()}); err != nil {
		return err
	}
	if _, err := until(ctx, orders, id, seen, ordersv1.OrderStatus_ORDER_STATUS_DELIVERED); err != nil {
		return err
	}
	delivered, err := orders.GetOrder(ctx, &ordersv1.GetOrderRequest{OrderId: id, View: ordersv1.OrderView_ORDER_VIEW_BASIC})
	if err != nil {
		return err
	}
	fmt.Println("delivered", id, "paid by", delivered.GetOrder().GetPaymentId())
	return nil
}

// until prints the order's events until it has the status, and returns the number of the last.
func until(ctx context.Context, orders ordersv1.OrderServiceClient, id string, after int64, status ordersv1.OrderStatus) (int64, error) {
	for event, err := range oms.Events(ctx, orders, id, after) {
		if err != nil {
			return after, err
		}
		after = event.GetSequence()
		name := strings.TrimPrefix(event.GetStatus().String(), "ORDER_STATUS_")
		fmt.Printf("  %d %s %s\n", after, name, strings.TrimPrefix(event.GetKind().String(), "ORDER_EVENT_KIND_"))
		if event.GetStatus() == status {
			return after, nil
		}
	}
	return after, fmt.Errorf("order %s ended without %s", id, status)
}

// invalid sends an order with two fields at fault and reads which.
func invalid(ctx context.Context, orders ordersv1.OrderServiceClient) error {
	request := laptop()
	request.CustomerId = ""
	request.Items[0].Quantity = 0
	_, err := orders.CreateOrder(ctx, request)
	var refusal *oms.Refusal
	if !errors.As(err, &refusal) || refusal.Reason != oms.ReasonInvalidFields {
		return fmt.Errorf("the order was not refused as it should be: %v", err)
	}
	fmt.Println("refused", refusal.Reason)
	for _, violation := range refusal.Violations {
		fmt.Printf("  %s: %s\n", violation.Field, violation.Description)
	}
	return nil
}

// repeat loses the reply to a creation. The repetition, by the connection, has the same key and finds the same order.
func repeat(ctx context.Context, orders ordersv1.OrderServiceClient, network *lossy) error {
	network.armed = true
	var header metadata.MD
	created, err := orders.CreateOrder(ctx, laptop(), grpc.Header(&header))
	if err != nil {
		return err
	}
	id := created.GetOrder().GetOrderId()
	replayed := header.Get("idempotent-replayed")
	if id != network.lost || len(replayed) == 0 {
		return fmt.Errorf("a second order was made: %s and %s", network.lost, id)
	}
	fmt.Println("lost the reply about", network.lost)
	fmt.Println("replayed", id)
	_, err = orders.CancelOrder(ctx, &ordersv1.CancelOrderRequest{OrderId: id, Reason: "an example", RequestId: key()})
	return err
}

func laptop() *ordersv1.CreateOrderRequest {
	price := &money.Money{CurrencyCode: "USD", Units: 1299, Nanos: 990_000_000}
	return &ordersv1.CreateOrderRequest{
		RequestId:     key(),
		CustomerId:    "CUST-GO",
		Items:         []*ordersv1.OrderItem{{ProductId: "PROD-001", Quantity: 1, Price: price}},
		TotalAmount:   price,
		PaymentMethod: ordersv1.PaymentMethod_PAYMENT_METHOD_CREDIT_CARD,
	}
}

// key is an idempotency key: one for each thing to be done, however often it is asked for.
func key() string {
	return rand.Text()
}
