using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Engines.OnnxRuntime.Memory;
using Gemma.Runtime.Models.Architecture;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma.Runtime.Tests.Engines.OnnxRuntime;

/// <summary>Slots of a sparse arena: what is given back is gone, what is kept or exchanged is what it was.</summary>
public sealed class KeyValueArenaTests
{
    private const int Capacity = 256;
    private const int HeadSize = 256;
    private static readonly KeyValueLayout Layout = KeyValueLayout.Uniform(2, 2, HeadSize);

    public KeyValueArenaTests() => Assert.SkipUnless(CacheBuffer.SupportsSparse, "This system has no memory of that kind.");

    [Fact]
    public void Release_RowsOfASlot_LeavesTheFirstAndTheOtherSlots()
    {
        using var arena = Filled();
        Assert.Equal(2 * Capacity * arena.BytesPerToken, arena.Bytes);
        arena.Release(0, new CacheRows(64, 64));
        Assert.Equal((Capacity + 64) * arena.BytesPerToken, arena.Bytes);
        AssertRows(arena, 0, 64, 1, 0);
        AssertRows(arena, 1, Capacity, 2, 2);
    }

    [Fact]
    public void Swap_LongAndShort_ExchangesThemAndGivesBackWhatIsLeft()
    {
        using var arena = Filled();
        arena.Swap(0, 1, new CacheRows(200, 200), new CacheRows(30, 30), (new CacheRows(64, 64), new CacheRows(Capacity, Capacity)));
        Assert.Equal((Capacity + 64) * arena.BytesPerToken, arena.Bytes);
        AssertRows(arena, 0, 30, 2, null);
        AssertRows(arena, 0, 64, null, 0);
        AssertRows(arena, 1, 200, 1, 2);
    }

    [Fact]
    public void Use_MoreRows_CountsOnceAndChangesNothing()
    {
        using var arena = Filled();
        arena.Use(0, new CacheRows(64, 64));
        arena.Use(1, new CacheRows(Capacity, Capacity));
        Assert.Equal(2 * Capacity * arena.BytesPerToken, arena.Bytes);
        AssertRows(arena, 0, Capacity, 1, 1);
        arena.Resize(3, new CacheRows(2 * Capacity, 2 * Capacity), [2, 1], [new CacheRows(100, 100), default]);
        Assert.Equal(0, arena.Bytes);
        arena.Use(2, new CacheRows(128, 128));
        Assert.Equal(128 * arena.BytesPerToken, arena.Bytes);
        AssertRows(arena, 2, 100, 1, 0);
    }

    // Two slots, full of ones and of twos.
    private static KeyValueArena Filled()
    {
        var arena = new KeyValueArena(Layout, TensorElementType.Float, isSparse: true);
        arena.Resize(2, new CacheRows(Capacity, Capacity), [], []);
        for (var slot = 0; slot < 2; slot++)
        {
            arena.Use(slot, new CacheRows(Capacity, Capacity));
            for (var tensor = 0; tensor < 4; tensor++)
            {
                using var view = arena.View(tensor, slot, 1);
                view.GetTensorMutableDataAsSpan<float>().Fill(slot + 1);
            }
        }

        return arena;
    }

    private static void AssertRows(KeyValueArena arena, int slot, int rows, float? before, float? behind)
    {
        for (var tensor = 0; tensor < 4; tensor++)
        {
            using var view = arena.View(tensor, slot, 1);
            var values = view.GetTensorDataAsSpan<float>();
            for (var head = 0; head < 2; head++)
            {
                var part = values.Slice(head * arena.Capacity.All * HeadSize, arena.Capacity.All * HeadSize);
                if (before is { } first) Assert.True(part[..(rows * HeadSize)].IndexOfAnyExcept(first) < 0);
                if (behind is { } last) Assert.True(part[(rows * HeadSize)..].IndexOfAnyExcept(last) < 0);
            }
        }
    }
}
