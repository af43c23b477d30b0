"""Devices that are unplugged, hang, are reset and tested, while captures run on them."""

import asyncio

import grpc
import pytest
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import device_pb2

from drivers import discover
from gateway.config import ConfigError
from tests.gateway.client import Client, first, refused
from tests.gateway.desk_ports import Port
from tests.gateway.running import connected, desk, device_threads, running, synthetic


async def until(client: Client, device_id: str, state: int) -> device_pb2.Device:
    watch = client.watch_devices()
    answer = await first(watch, lambda each: each.device.device_id == device_id and each.device.state == state)
    watch.cancel()
    return answer.device


async def capturing(client: Client, port: Port, **fields) -> pb.Capture:
    """A manual capture that sees its finger."""
    await until(client, port.device_id, device_pb2.DEVICE_STATE_IDLE)
    capture = await client.start(device_id=port.device_id, manual=True, **{"timeout": 60, **fields})
    return await client.until(capture.capture_id, pb.CAPTURE_STATE_CAPTURING)


async def states_to_the_end(client: Client, capture_id: str) -> tuple[list[int], pb.Capture]:
    events = [event async for event in client.watch_capture(capture_id)]
    return [event.capture.state for event in events if event.HasField("capture")], events[-1].capture


async def test_a_capture_outlives_a_cable_that_is_pulled_and_put_back(tmp_path, ports):
    port = ports.port("1")
    async with desk(tmp_path, look=ports.look, capture={"recovery_s": 60}) as client:
        capture = await capturing(client, port)
        port.pull()
        await client.until(capture.capture_id, pb.CAPTURE_STATE_RECOVERING)
        assert (await client.device(port.device_id)).state == device_pb2.DEVICE_STATE_RECOVERING
        assert (await client.device(port.device_id)).problem.id
        port.plugged = True
        events = client.watch_capture(capture.capture_id)
        seen = []
        async for event in events:
            if event.HasField("capture"):
                seen.append(event.capture.state)
                if seen[-2:] == [pb.CAPTURE_STATE_AWAITING_FINGER, pb.CAPTURE_STATE_CAPTURING] and len(seen) > 4:
                    await client.command(capture.capture_id, pb.CAPTURE_ACTION_TRIGGER)
        assert seen == [1, 2, 3, 5, 2, 3, 4, 6]
        assert event.capture.outcome == pb.CAPTURE_OUTCOME_CAPTURED
        assert (await client.verify(capture.capture_id)).ok
        health = (await client.device(port.device_id)).health
        assert (health.losses, health.resets, health.captures) == (1, 0, 1)
        assert "empty" in health.last_error
        assert health.attached_since.ToNanoseconds() <= health.last_error_time.ToNanoseconds()


async def test_a_device_that_does_not_come_back_ends_the_capture_with_the_cause(tmp_path, ports):
    port, other = ports.port("1"), ports.port("2")
    async with desk(tmp_path, look=ports.look, capture={"recovery_s": 0.5}) as client:
        capture = await capturing(client, port)
        port.pull()
        ended = await client.end(capture.capture_id)
        assert ended.outcome == pb.CAPTURE_OUTCOME_DEVICE_LOST
        assert ended.error.reason == "DEVICE_LOST"
        assert ended.error.message.id
        assert ended.error.message.en
        absent = await until(client, port.device_id, device_pb2.DEVICE_STATE_ABSENT)
        assert absent.problem.id == "Alat tidak terpasang."
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.start(device_id=port.device_id)
        assert refused(error.value).reason == "DEVICE_NOT_READY"
        assert (await client.capture()).device_id == other.device_id
        port.plugged = True
        await until(client, port.device_id, device_pb2.DEVICE_STATE_IDLE)
        assert (await client.capture(device_id=port.device_id)).outcome == pb.CAPTURE_OUTCOME_CAPTURED


async def test_a_recovery_does_not_flicker_between_failed_and_recovering(tmp_path, ports):
    port = ports.port("1")
    async with desk(tmp_path, look=ports.look, capture={"recovery_s": 1.5}) as client:
        capture = await capturing(client, port)
        ending = asyncio.create_task(client.end(capture.capture_id))
        watch = client.watch_devices()
        port.pull()
        states = []
        async for answer in watch:
            states.append(answer.device.state)
            if states[-1] == device_pb2.DEVICE_STATE_ABSENT:
                break
        assert states.count(device_pb2.DEVICE_STATE_FAILED) == 1
        assert (await ending).outcome == pb.CAPTURE_OUTCOME_DEVICE_LOST


@pytest.mark.parametrize("action", [pb.CAPTURE_ACTION_CANCEL, pb.CAPTURE_ACTION_MARK_MISSING])
async def test_a_capture_can_be_ended_while_its_device_is_away(tmp_path, ports, action):
    port = ports.port("1")
    async with desk(tmp_path, look=ports.look, capture={"recovery_s": 60}) as client:
        capture = await capturing(client, port)
        port.pull()
        await client.until(capture.capture_id, pb.CAPTURE_STATE_RECOVERING)
        missing = action == pb.CAPTURE_ACTION_MARK_MISSING
        fields = {"missing_reason": pb.MISSING_REASON_DEVICE_BROKEN} if missing else {}
        await client.command(capture.capture_id, action, **fields)
        ended = await client.end(capture.capture_id)
        wanted = pb.CAPTURE_OUTCOME_MARKED_MISSING if missing else pb.CAPTURE_OUTCOME_CANCELLED
        assert ended.outcome == wanted
        assert bool(ended.sequence) == missing
        port.plugged = True
        await until(client, port.device_id, device_pb2.DEVICE_STATE_IDLE)
        assert (await client.capture(device_id=port.device_id)).outcome == pb.CAPTURE_OUTCOME_CAPTURED


async def test_the_watchdog_resets_a_device_that_hangs_and_the_capture_goes_on(tmp_path, ports):
    port = ports.port("1")
    async with desk(tmp_path, look=ports.look) as client:
        capture = await capturing(client, port)
        port.deaf.set()
        await client.until(capture.capture_id, pb.CAPTURE_STATE_RECOVERING)
        assert "reset" in port.log
        states = []
        async for event in client.watch_capture(capture.capture_id):
            if event.HasField("capture"):
                states.append(event.capture.state)
                if states[-1] == pb.CAPTURE_STATE_CAPTURING and pb.CAPTURE_STATE_RECOVERING in states:
                    await client.command(capture.capture_id, pb.CAPTURE_ACTION_TRIGGER)
        assert event.capture.outcome == pb.CAPTURE_OUTCOME_CAPTURED
        health = (await client.device(port.device_id)).health
        assert (health.resets, health.losses) == (1, 0)


async def test_a_device_that_hangs_again_and_again_does_not_hold_a_capture_for_ever(tmp_path):
    unplugs = synthetic(1, fault="unplug", fault_after_frames=3)  # each opening finds it plugged in, for three frames
    async with desk(tmp_path, unplugs) as client:
        capture = await client.capture(manual=True, timeout=60)
        assert capture.outcome == pb.CAPTURE_OUTCOME_DEVICE_LOST
        assert capture.error.reason == "DEVICE_LOST"
        assert (await client.device("synthetic:T-1")).health.losses == 4


async def test_a_device_beyond_a_reset_is_left_and_the_gateway_serves_on(tmp_path, ports):
    port, other = ports.port("1"), ports.port("2")
    async with desk(tmp_path, look=ports.look, capture={"recovery_s": 0.5}) as client:
        capture = await capturing(client, port)
        port.stubborn = True
        port.deaf.set()
        assert (await client.capture(device_id=other.device_id)).outcome == pb.CAPTURE_OUTCOME_CAPTURED
        ended = await client.until(capture.capture_id, pb.CAPTURE_STATE_RECOVERING, pb.CAPTURE_STATE_DONE)
        assert ended.outcome in (pb.CAPTURE_OUTCOME_UNSPECIFIED, pb.CAPTURE_OUTCOME_DEVICE_LOST)
        port.stubborn = False
        port.deaf.clear()


async def test_a_cancel_reaches_the_driver(tmp_path, ports):
    port = ports.port("1")
    async with desk(tmp_path, look=ports.look) as client:
        capture = await capturing(client, port)
        await client.command(capture.capture_id, pb.CAPTURE_ACTION_CANCEL)
        assert (await client.end(capture.capture_id)).outcome == pb.CAPTURE_OUTCOME_CANCELLED
        assert port.log == ["opened", "cancelled"]
        assert (await client.device(port.device_id)).state == device_pb2.DEVICE_STATE_IDLE


async def test_a_cancel_frees_a_device_that_hangs(tmp_path, ports):
    port = ports.port("1")
    async with desk(tmp_path, look=ports.look) as client:
        capture = await capturing(client, port)
        port.deaf.set()
        assert await asyncio.to_thread(port.hangs.wait, 60)
        await client.command(capture.capture_id, pb.CAPTURE_ACTION_CANCEL)
        assert (await client.end(capture.capture_id)).outcome == pb.CAPTURE_OUTCOME_CANCELLED
        assert "reset" in port.log
        assert (await client.capture(device_id=port.device_id, wait=60)).outcome == pb.CAPTURE_OUTCOME_CAPTURED


async def test_the_finger_of_a_recorded_capture_is_waited_for(tmp_path, ports):
    port = ports.port("1")
    port.options["finger_delay_s"] = 0.3
    async with desk(tmp_path, look=ports.look, capture={"removal_s": 5}) as client:
        await until(client, port.device_id, device_pb2.DEVICE_STATE_IDLE)
        watch = client.watch_devices()
        await client.capture(device_id=port.device_id)
        await first(watch, lambda each: each.device.state == device_pb2.DEVICE_STATE_AWAITING_FINGER_OFF)
        await first(watch, lambda each: each.device.state == device_pb2.DEVICE_STATE_IDLE)
        assert port.log == ["opened", "removal"]


async def test_a_device_lost_after_the_record_is_brought_back_and_the_record_stays(tmp_path, ports):
    port = ports.port("1")
    async with desk(tmp_path, look=ports.look, capture={"removal_s": 60}) as client:
        await until(client, port.device_id, device_pb2.DEVICE_STATE_IDLE)
        port.lost_at_removal = True
        capture = await client.capture(device_id=port.device_id)
        await first(client.watch_devices(), lambda each: port.log.count("opened") == 2 and each.device.state == 2)
        ended = await client.get_capture(capture.capture_id)
        assert (ended.outcome, ended.sequence) == (pb.CAPTURE_OUTCOME_CAPTURED, 1)
        assert (await client.verify(capture.capture_id)).ok
        assert port.log == ["opened", "removal", "closed", "opened"]
        assert (await client.device(port.device_id)).health.losses == 1


async def test_what_the_device_gave_before_it_was_lost_is_recorded(tmp_path, ports):
    port = ports.port("1")
    async with desk(tmp_path, look=ports.look, capture={"recovery_s": 0.3}) as client:
        await until(client, port.device_id, device_pb2.DEVICE_STATE_IDLE)
        capture = await client.start(device_id=port.device_id, min_quality=100, timeout=60)
        ending = asyncio.create_task(client.end(capture.capture_id))
        assert await asyncio.to_thread(port.judged.wait, 60)
        port.pull()
        ended = await ending
        assert ended.outcome == pb.CAPTURE_OUTCOME_BELOW_QUALITY
        assert ended.error.reason == "DEVICE_LOST"
        assert (await client.verify(capture.capture_id)).ok


async def test_a_bug_in_a_driver_ends_the_capture_and_frees_the_device(tmp_path, ports):
    port = ports.port("1")
    async with desk(tmp_path, look=ports.look) as client:
        capture = await capturing(client, port)
        port.bug = ZeroDivisionError("a driver's own secret")
        ended = await client.end(capture.capture_id)
        assert (ended.outcome, ended.error.reason) == (pb.CAPTURE_OUTCOME_FAILED, "INTERNAL")
        assert "secret" not in str(ended)
        port.bug = None
        assert (await client.device(port.device_id)).lease_holder == ""
        assert (await client.capture(device_id=port.device_id)).outcome == pb.CAPTURE_OUTCOME_CAPTURED


async def test_reset_of_an_idle_device_opens_it_anew(tmp_path, ports):
    port = ports.port("1")
    async with desk(tmp_path, look=ports.look) as client:
        await until(client, port.device_id, device_pb2.DEVICE_STATE_IDLE)
        device = await client.reset(port.device_id)
        assert device.state == device_pb2.DEVICE_STATE_IDLE
        assert device.health.resets == 1
        assert port.log == ["opened", "reset", "closed", "opened"]


async def test_a_capture_outlives_a_reset_of_its_device(tmp_path, ports):
    port = ports.port("1")
    async with desk(tmp_path, look=ports.look) as client:
        capture = await capturing(client, port)
        assert (await client.reset(port.device_id)).health.resets == 1
        await client.command(capture.capture_id, pb.CAPTURE_ACTION_TRIGGER)
        assert (await client.end(capture.capture_id)).outcome == pb.CAPTURE_OUTCOME_CAPTURED


async def test_reset_of_a_device_that_went_away_says_so(tmp_path, ports):
    port = ports.port("1")
    async with desk(tmp_path, look=ports.look) as client:
        await until(client, port.device_id, device_pb2.DEVICE_STATE_IDLE)
        port.pull()
        await until(client, port.device_id, device_pb2.DEVICE_STATE_ABSENT)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.reset(port.device_id)
        assert refused(error.value).reason == "DEVICE_LOST"
        assert refused(error.value).retry_s is not None


async def test_the_self_test_tells_its_steps_and_frees_the_device(tmp_path):
    # A frame a second: that is what a busy machine draws, too.
    async with desk(tmp_path, synthetic(1, frame_rate=1.0)) as client:
        steps = await client.self_test("synthetic:T-1")
        assert [step.name for step in steps] == ["light", "noise", "glass", "rate"]
        assert all(step.passed for step in steps)
        assert (await client.device("synthetic:T-1")).lease_holder == ""
        await client.acquire("synthetic:T-1", holder="Ani")
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.self_test("synthetic:T-1")
        assert refused(error.value).reason == "LEASE_HELD"
        assert refused(error.value).metadata["holder"] == "Ani"


async def test_a_dirty_glass_is_found_by_the_self_test(tmp_path):
    async with desk(tmp_path, synthetic(1, fault="dirty_platen")) as client:
        steps = {step.name: step for step in await client.self_test("synthetic:T-1")}
        assert not steps["glass"].passed
        assert "wipe" in steps["glass"].detail


async def test_a_device_lost_in_its_self_test_is_brought_back_by_itself(tmp_path, ports):
    port = ports.port("1")
    async with desk(tmp_path, look=ports.look) as client:
        await until(client, port.device_id, device_pb2.DEVICE_STATE_IDLE)
        plugged, port.plugged = ports.look(), False
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.self_test(port.device_id)
        assert refused(error.value).reason in ("DEVICE_LOST", "DEVICE_NOT_READY")
        assert plugged.devices
        port.plugged = True
        await until(client, port.device_id, device_pb2.DEVICE_STATE_IDLE)
        assert (await client.device(port.device_id)).lease_holder == ""


async def test_a_self_test_whose_asker_leaves_frees_the_device(client):
    call = client.stream("DeviceService", "RunSelfTest", device_pb2.RunSelfTestRequest(device_id="synthetic:T-1"))
    await call.read()
    call.cancel()
    lease = await client.acquire("synthetic:T-1", wait_s=60.0)
    assert lease.state == 2


async def test_bad_options_fail_the_device_with_the_reason_and_no_other(tmp_path):
    wrong = synthetic(1, condition="underwater")
    unknown = synthetic(2, condition="soaked")
    async with desk(tmp_path, wrong, unknown, synthetic(3)) as client:
        devices = {device.device_id: device for device in (await client.devices()).devices}
        assert devices["synthetic:T-1"].state == device_pb2.DEVICE_STATE_FAILED
        assert "underwater" in devices["synthetic:T-1"].problem.en
        assert "soaked" in devices["synthetic:T-2"].problem.id
        info = await client.info()
        assert (info.devices_ready, info.devices_total) == (1, 3)
        assert (await client.capture()).device_id == "synthetic:T-3"
        for call in (client.self_test("synthetic:T-1"), client.start(device_id="synthetic:T-1")):
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await call
            assert refused(error.value).reason == "DEVICE_NOT_READY"
            assert "underwater" in refused(error.value).words["en"]
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.reset("synthetic:T-1")
        assert refused(error.value).reason == "DEVICE_LOST"


async def test_a_driver_that_cannot_be_loaded_hurts_only_itself(tmp_path, third_party_drivers):
    async with desk(tmp_path, synthetic(1), {"driver": "broken", "id": "broken:1"}, look=discover) as client:
        answer = await client.devices()
        while not answer.problems:
            await asyncio.sleep(0.05)  # the first look at the ports
            answer = await client.devices()
        (problem,) = [each for each in answer.problems if each.driver == "broken"]
        assert "no_such_vendor_library" in problem.detail
        failed = await client.device("broken:1")
        assert failed.state == device_pb2.DEVICE_STATE_FAILED
        assert "no_such_vendor_library" in failed.problem.en
        assert (await client.capture()).outcome == pb.CAPTURE_OUTCOME_CAPTURED


async def test_a_driver_that_is_not_there_is_a_fault_of_the_configuration(tmp_path):
    with pytest.raises(ConfigError, match="nobody-made-it"):
        async with desk(tmp_path, {"driver": "nobody-made-it"}):
            pass


async def test_a_gateway_without_devices_waits_for_one(tmp_path, ports):
    port = ports.port("1", plugged=False)
    async with desk(tmp_path, look=ports.look) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.start()
        assert refused(error.value).reason == "DEVICE_NOT_FOUND"
        watch = client.watch_devices()
        port.plugged = True
        found = await first(watch, lambda each: each.device.state == device_pb2.DEVICE_STATE_IDLE)
        assert found.device.device_id == port.device_id
        assert (await client.capture()).outcome == pb.CAPTURE_OUTCOME_CAPTURED


async def test_a_watcher_of_devices_sees_all_and_every_change(client):
    watch = client.watch_devices()
    seen = []
    async for each in watch:
        seen.append((each.seq, each.device.device_id, each.device.state))
        if len(seen) == 2:
            await client.capture(device_id="synthetic:T-2")
        elif len(seen) > 2 and each.device.state == device_pb2.DEVICE_STATE_IDLE:
            break
    assert seen[0] == (1, "synthetic:T-1", 2)
    assert seen[1:] == [(seq, "synthetic:T-2", state) for seq, state in enumerate((2, 3, 4, 5, 2), 2)]


@pytest.mark.parametrize("running_captures", [False, True])
async def test_a_stopped_gateway_leaves_no_thread_and_a_clean_spool(tmp_path, running_captures):
    before = device_threads()
    async with running(tmp_path, synthetic(1), synthetic(2)) as gateway, connected(gateway) as client:
        await client.capture()
        captures = [await client.start(manual=True, timeout=60) for _ in range(2)] if running_captures else []
        watches = [asyncio.create_task(client.end(capture.capture_id)) for capture in captures]
        for capture in captures:
            await client.until(capture.capture_id, pb.CAPTURE_STATE_CAPTURING)
        assert len(device_threads()) > len(before)
        async with asyncio.timeout(60):
            await gateway.stop()
        for ended in await asyncio.gather(*watches):
            assert ended.outcome == pb.CAPTURE_OUTCOME_CANCELLED
    assert device_threads() == before
    async with desk(tmp_path, synthetic(1)) as client:
        info = await client.info()
        assert (info.spool.captures, info.spool.head_sequence) == (1, 1)
        # That there is no centre to seal for, and no passphrase for what is kept; nothing of what is in the spool.
        expected = ("enrolments", "duplicate list", "key of the captures")
        assert all(any(words in warning.en for words in expected) for warning in info.warnings)


async def test_a_gateway_stops_while_a_device_is_being_recovered(tmp_path, ports):
    port = ports.port("1")
    async with running(tmp_path, look=ports.look, capture={"recovery_s": 60}) as gateway:
        async with connected(gateway) as client:
            capture = await capturing(client, port)
            port.pull()
            await client.until(capture.capture_id, pb.CAPTURE_STATE_RECOVERING)
        port.plugged = True
        async with asyncio.timeout(60):
            await gateway.stop()
        assert port.open_scanners == 0
    assert port.most_open == 1


async def test_a_gateway_stops_while_a_device_hangs(tmp_path, ports):
    port = ports.port("1")
    before = device_threads()
    async with running(tmp_path, look=ports.look) as gateway:
        async with connected(gateway) as client:
            await capturing(client, port)
            port.deaf.set()
            assert await asyncio.to_thread(port.hangs.wait, 60)
        async with asyncio.timeout(60):
            await gateway.stop()
    assert device_threads() == before
    assert port.open_scanners == 0


async def test_a_gateway_stops_while_a_finger_stays_on_the_glass(tmp_path, ports):
    port = ports.port("1")
    async with running(tmp_path, look=ports.look, capture={"removal_s": 60}) as gateway:
        async with connected(gateway) as client:
            await until(client, port.device_id, device_pb2.DEVICE_STATE_IDLE)
            await client.capture(device_id=port.device_id)
        async with asyncio.timeout(60):
            await gateway.stop()
